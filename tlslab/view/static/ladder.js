// The ladder: who sent what, in order.

import { h, bytes, mark, RowList } from "./dom.js";

const ROW = 30;
const MARKS = { "done": "✓", "inferred": "✓", "unknown": "?", "failed": "✗" };

export function ladder(store) {
  const list = h("div", {
    class: "tl-rows tl-ladder-rows",
    role: "listbox",
    tabindex: "0",
    "aria-label": "Messages in order. Up and down step through them.",
    onkeydown: (event) => key(event, store),
  });
  const about = h("div", { class: "tl-about", "aria-live": "polite" });
  const element = h(
    "section",
    { class: "tl-part tl-ladder", "aria-label": "Ladder" },
    h(
      "div",
      { class: "tl-ends", "aria-hidden": "true" },
      h("span", { title: "round trip" }, "trip"),
      h("span", { title: "messages that are sent in one go" }, "flight"),
      h("span", { class: "tl-end" }, "client"),
      h("span", { class: "tl-end tl-right" }, "server"),
    ),
    list,
    about,
    legend(store),
  );
  let rows = [];
  const view = new RowList(list, ROW, () => h("div", { role: "option", onclick: choose }), fill);

  function choose(event) {
    const { item } = rows[event.currentTarget.dataset.index];
    if (item !== null) store.set({ item });
  }

  function fill(element, index) {
    const { item } = rows[index];
    const chosen = item !== null && item === store.state.item;
    if (element.filled !== rows[index]) {
      element.filled = rows[index];
      element.dataset.index = index;
      element.replaceChildren(...inside(store, rows[index]));
      mark(element, { ...properties(store, rows[index]), "aria-setsize": rows.length, "aria-posinset": index + 1 });
    }
    element.classList.toggle("tl-chosen", chosen);
    mark(element, { "aria-selected": String(chosen) });
  }

  function update(changed) {
    if (changed.doc || changed.eavesdropper) {
      rows = rowsOf(store);
      list.style.height = `${Math.min(rows.length, 18) * ROW + 2}px`;
      element.querySelector(".tl-legend").replaceWith(legend(store));
    }
    if (changed.doc || changed.item || changed.eavesdropper) {
      const at = rows.findIndex((one) => one.item === store.state.item);
      view.reset(rows.length, at);
      view.reveal(at, 1);
      about.replaceChildren(...aboutItem(store));
    }
  }
  update({ doc: true });
  const stop = store.on(update);
  return { element, remove: () => (stop(), view.remove()) };
}

/** The rows: a heading for each step that sends something, and the items. */
function rowsOf(store) {
  const rows = [];
  let step = 0;
  store.items.forEach((item, index) => {
    if (item.rung && item.step !== step && item.step) rows.push({ step: item.step, item: null });
    step = item.step || step;
    rows.push({ step: item.step, item: index });
  });
  return rows;
}

/** What stands in a row. */
function inside(store, { step, item }) {
  const rung = item === null ? null : store.items[item].rung;
  if (rung) return arrow(store, item);
  const { title, who, status } = store.doc.steps[step - 1];
  const sign = h("span", { class: "tl-mark" }, MARKS[status] ?? "·");
  return [sign, ` ${step}. ${title}`, item === null ? "" : h("small", {}, who)];
}

/** How a row looks, and what it says to those who do not see it. */
function properties(store, { step, item }) {
  const { title, status } = store.doc.steps[step - 1] ?? {};
  if (item === null) return { class: "tl-row tl-heading", "aria-disabled": "true", "aria-label": null };
  const { rung } = store.items[item];
  if (!rung) {
    const label = `Step ${step}, ${title}; nothing is sent; ${status}`;
    return { class: "tl-row tl-local", "aria-disabled": null, "aria-label": label };
  }
  const way = rung.sender === "client" ? "tl-out" : "tl-in";
  return {
    class: `tl-row tl-rung ${way} ${kind(rung)}`,
    "aria-disabled": null,
    "aria-label":
      `${rung.title}, from the ${rung.sender} to the ${rung.receiver}, ${bytes(rung.length)}, ` +
      `${rung.protectedBy}, flight ${rung.flight}, round trip ${rung.trip}`,
  };
}

function kind(rung) {
  return { "clear": "tl-clear", "early keys": "tl-early", "handshake keys": "tl-handshake" }[rung.protection] ?? "tl-application";
}

/** The inside of a rung: round trip and flight where they begin, and the arrow. */
function arrow(store, item) {
  const { rung } = store.items[item];
  let at = item - 1;
  while (at >= 0 && !store.items[at].rung) at -= 1;
  const before = store.items[at]?.rung;
  const name = store.state.eavesdropper && rung.protectedBy === "encrypted" ? rung.typeOnTheWire : rung.title;
  const changed = store.differences && !store.differences.rungs[store.items[item].number - 1].same;
  return [
    h("span", { class: "tl-trip" }, before?.trip === rung.trip ? "" : `${rung.trip}`),
    h("span", { class: "tl-flight" }, before?.flight === rung.flight ? "" : `${rung.flight}`),
    h(
      "span",
      { class: "tl-arrow" },
      h(
        "span",
        { class: "tl-label" },
        h("code", {}, name),
        h("small", {}, bytes(rung.length)),
        changed ? h("span", { class: "tl-badge" }, "changed") : null,
      ),
      h("span", { class: "tl-line" }),
    ),
  ];
}

function aboutItem(store) {
  const { item, doc } = store;
  if (!item) return [h("p", {}, "Nothing was sent.")];
  const step = doc.steps[item.step - 1];
  const lines = [];
  if (step) {
    const title = `Step ${step.number} of ${doc.steps.length}: ${step.title}`;
    lines.push(h("p", {}, h("strong", {}, `${title}. `), `${step.sentence} `, h("cite", {}, step.section)));
    if (step.covers.length) lines.push(h("p", {}, `The signature covers ${step.covers.join(", ")}.`.replace(":,", ":")));
    lines.push(...step.notes.map((note) => h("p", {}, note)));
  }
  if (item.rung) {
    const [meaning, section] = doc.messages[item.rung.name];
    lines.push(h("p", {}, h("code", {}, item.rung.name), ` ${meaning} `, h("cite", {}, section)));
  }
  return lines;
}

function legend(store) {
  const kinds = [...new Set(store.doc.rungs.map((rung) => rung.protection))];
  const words = {
    "clear": "in the clear",
    "early keys": "under the early keys",
    "handshake keys": "under the handshake keys",
    "application keys": store.doc.version === "TLS 1.3" ? "under the application keys" : "under the session keys",
  };
  return h(
    "p",
    { class: "tl-legend" },
    kinds.map((one) =>
      h(
        "span",
        { class: `tl-rung tl-out ${kind({ protection: one })}` },
        h("span", { class: "tl-line" }),
        words[one],
      ),
    ),
  );
}

function key(event, store) {
  const { item } = store.state;
  const to = {
    ArrowDown: item + 1,
    ArrowUp: item - 1,
    PageDown: item + 10,
    PageUp: item - 10,
    Home: 0,
    End: store.items.length - 1,
  }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  store.set({ item: to });
}
