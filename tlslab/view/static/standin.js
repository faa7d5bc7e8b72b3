// What stands in for a widget where there is no kernel.

/**
 * The same content as plain HTML was displayed right before, for pages without a kernel. Hide it
 * while the widget lives. Gives a function that shows it again.
 */
export function hideStandIn(el) {
  let hidden = null;
  let waiting = 0;
  const find = () => {
    if (!el.isConnected) {
      waiting = requestAnimationFrame(find);
      return;
    }
    for (let around = el.parentElement; around && !hidden; around = around.parentElement) {
      const before = [...around.querySelectorAll(".tlslab-static")].filter(
        (one) => one.compareDocumentPosition(el) & Node.DOCUMENT_POSITION_FOLLOWING,
      );
      hidden = before.at(-1) ?? null;
      if (around.matches(".jp-Cell, .cell_container, .output_container, body")) break;
    }
    if (hidden) hidden.style.display = "none";
  };
  find();
  return () => {
    cancelAnimationFrame(waiting);
    if (hidden) hidden.style.display = "";
  };
}
