// The transcript: which bytes are hashed, which are not, and the hash after each message.

import { h, bytes, grouped } from "./dom.js";

const HEADER = 5;
const MESSAGE_HEADER = 4;
const MOST = 200;

export function transcriptView(store) {
  const hint = h("p", { class: "tl-hint" });
  const ribbon = h("div", { class: "tl-ribbon", role: "group", "aria-label": "Bytes of the handshake, in order" });
  const table = h("div", { class: "tl-scroll", tabindex: "0", role: "region", "aria-label": "The hash after each message" });
  const element = h(
    "section",
    { class: "tl-part tl-transcript", "aria-label": "Transcript" },
    hint,
    ribbon,
    table,
  );

  function update(changed) {
    if (changed.doc) draw();
    if (changed.doc || changed.item) mark();
  }

  /** The rungs of the handshake; with application data the transcript is over. */
  function messages() {
    return store.items.filter((item) => item.rung && item.rung.type !== "application_data").slice(0, MOST);
  }

  function draw() {
    hint.textContent =
      (store.doc.version === "TLS 1.3"
        ? "Keys, signatures and both Finished depend on the hash of the handshake so far. It covers"
        : "Finished proves that both sides saw the same handshake. It hashes") +
      " the handshake messages with their own 4-byte headers (solid). It leaves out the 5-byte record headers, " +
      "ChangeCipherSpec and alerts (hatched).";
    const parts = [];
    let record = "";
    for (const { rung, number } of messages()) {
      const id = `${rung.sender} ${rung.record}`;
      if (id !== record) {
        parts.push(h("span", { class: "tl-header", title: `record header, ${HEADER} bytes, not hashed` }));
        record = id;
      }
      const counts = isHashed(rung);
      parts.push(
        h(
          "button",
          {
            type: "button",
            class: `tl-segment ${counts ? "tl-hashed" : "tl-not-hashed"}`,
            style: `flex-grow: ${Math.max(1, Math.log2(rung.length + 1)).toFixed(2)}`,
            "data-number": number,
            "aria-label": `${rung.title}, ${bytes(rung.length)}, ${counts ? "hashed" : "not hashed"}`,
            onclick: () => go(number),
          },
          h("code", {}, rung.name.replaceAll("_", "_\u200b")),
          h("small", {}, `${rung.length}`),
        ),
      );
    }
    ribbon.replaceChildren(...parts);
    let sum = 0;
    const rows = messages().flatMap(({ rung, number }) => {
      const counts = isHashed(rung);
      const replaced = rung.name === "hello_retry_request" && counts ? [messageHash(rung)] : [];
      if (replaced.length) sum = MESSAGE_HEADER + rung.hash.length / 2;
      if (counts) sum += rung.length;
      return [...replaced, h(
        "tr",
        { "data-number": number },
        h("th", { scope: "row" }, h("button", { type: "button", class: "tl-link", onclick: () => go(number) }, rung.title)),
        h("td", {}, rung.sender),
        h("td", { class: "tl-number" }, counts ? `+ ${rung.length}` : "not hashed"),
        h("td", { class: "tl-number" }, `${sum.toLocaleString("en")}`),
        h("td", {}, h("code", {}, rung.last && rung.hash ? grouped(rung.hash) : "")),
      )];
    });
    table.replaceChildren(
      h(
        "table",
        {},
        h("thead", {}, h("tr", {}, ["message", "from", "bytes", "hashed so far", "the hash after it"].map((name) => h("th", { scope: "col" }, name)))),
        h("tbody", {}, rows),
      ),
    );
  }

  /** What stands for the first ClientHello once the server has asked for a second (RFC 8446 §4.4.1). */
  function messageHash(rung) {
    const size = rung.hash.length / 2;
    return h(
      "tr",
      {},
      h("th", { scope: "row" }, h("code", {}, "message_hash")),
      h("td", {}, "both"),
      h("td", { class: "tl-number" }, `+ ${MESSAGE_HEADER + size}`),
      h("td", { class: "tl-number" }, `${MESSAGE_HEADER + size}`),
      h("td", {}, `takes the place of the first client_hello: a header of ${MESSAGE_HEADER} bytes, and its hash`),
    );
  }

  /** The hash stands with the last piece of a message; all its pieces count. */
  function isHashed(rung) {
    return rung.hash !== "";
  }

  function go(number) {
    store.set({ item: store.items.findIndex((item) => item.number === number) });
  }

  function mark() {
    const number = String(store.item?.number ?? 0);
    for (const one of element.querySelectorAll("[data-number]")) {
      const current = one.dataset.number === number;
      one.classList.toggle("tl-chosen", current);
      if (current) one.setAttribute("aria-current", "step");
      else one.removeAttribute("aria-current");
    }
  }

  update({ doc: true });
  const stop = store.on(update);
  return { element, remove: stop };
}
