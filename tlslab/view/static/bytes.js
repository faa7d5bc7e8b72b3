// The bytes of a record or message, and the tree of their fields: selecting one selects the other.

import { h, breakable, bytes, grouped, mark, newId, RowList } from "./dom.js";
import { chain, fieldOf, leafOfByte, tree } from "./fields.js";

const PER_ROW = 16;
const ROW = 24;

export function bytesView(store) {
  const ids = { panel: newId("panel"), hex: newId("hex") };
  const title = h("h4", { class: "tl-title" });
  const tabs = h("div", { class: "tl-tabs", role: "tablist", "aria-label": "Which bytes", onkeydown: tabKey });
  const facts = h("div", { class: "tl-facts" });
  const hex = h("div", {
    class: "tl-rows tl-hex",
    role: "listbox",
    tabindex: "0",
    "aria-label": "Bytes. Left and right go to the field before and after.",
    onclick: pickByte,
    onkeydown: hexKey,
  });
  const fields = h("div", {
    class: "tl-rows tl-tree",
    role: "tree",
    tabindex: "0",
    "aria-label": "Fields. Up and down step through them.",
    onkeydown: treeKey,
  });
  const detail = h("div", { class: "tl-detail", "aria-live": "polite" });
  const body = h(
    "div",
    { class: "tl-body", role: "tabpanel", id: ids.panel },
    facts,
    h("div", { class: "tl-split", style: `--row: ${ROW}px` }, hex, fields),
  );
  const element = h(
    "section",
    { class: "tl-part tl-bytes", "aria-label": "Bytes" },
    title,
    tabs,
    body,
    detail,
  );

  let raw = new Uint8Array();
  let old = null;
  let nodes = [];
  let leaves = new Int32Array();
  let closed = new Set();
  let lines = [];
  let marks = [];
  let shown = null;
  let classes = [];
  let labels = new Map();
  const hexRows = new RowList(hex, ROW, makeHexRow, fillHexRow);
  const treeRows = new RowList(fields, ROW, makeField, fillField);

  // -- what is shown ----------------------------------------------------------------------------

  function update(changed) {
    if (changed.doc || changed.item || changed.view || changed.eavesdropper) show();
    else if (changed.span) select();
  }

  function show() {
    const { rung } = store;
    title.replaceChildren(...heading());
    drawTabs();
    const view = store.view;
    const readable = view && store.visible(view);
    body.hidden = !readable;
    if (!readable) {
      hexRows.reset(0, -1);
      treeRows.reset(0, -1);
      shown = null;
      detail.replaceChildren(...instead(view));
      return;
    }
    if (shown !== view) {
      shown = view;
      raw = fromHex(view.hex);
      nodes = tree(view.spans);
      leaves = leafOfByte(nodes, raw.length);
      closed = nodes.length > 80 ? new Set(nodes.filter(isLong).map((node) => node.index)) : new Set();
      old = before();
      labels = new Map();
      hexRows.scrollTo(0);
      treeRows.scrollTo(0);
    }
    facts.replaceChildren(...protectedBy(rung, view));
    const rows = Math.ceil(raw.length / PER_ROW);
    hex.style.setProperty("--rows", Math.max(rows, 3));
    fields.style.setProperty("--rows", Math.max(nodes.length, 3));
    select();
  }

  /** The same bytes in the run before, if there was one and they have the same length. */
  function before() {
    const other = store.differences?.rungs[store.item.number - 1]?.other?.views[store.state.view];
    return other && other.hex.length === shown.hex.length ? fromHex(other.hex) : null;
  }

  function heading() {
    const { item, rung } = store;
    if (!item) return ["Nothing was sent"];
    if (!rung) return [`Step ${item.step}: nothing is sent`];
    return [
      h("code", {}, rung.title),
      ` from the ${rung.sender}, ${bytes(rung.length)}; `,
      `in ${/^[aeiou]/.test(rung.typeOnTheWire) ? "an" : "a"} ${rung.typeOnTheWire} record of ${bytes(rung.wire)}, ${rung.protectedBy}`,
    ];
  }

  function instead(view) {
    if (view) {
      return [h("p", {}, "An eavesdropper does not see these bytes. They were encrypted on the wire, and it takes the keys to open them.")];
    }
    const step = store.doc.steps[(store.item?.step ?? 0) - 1];
    if (!step) return [];
    return [h("p", {}, `${step.sentence} This happens inside: ${step.who}. No byte crosses the wire.`)];
  }

  function drawTabs() {
    const views = store.rung?.views ?? [];
    tabs.hidden = views.length < 2;
    tabs.replaceChildren(
      ...views.map((view, index) =>
        h(
          "button",
          {
            role: "tab",
            type: "button",
            "aria-selected": String(index === store.state.view),
            "aria-controls": ids.panel,
            tabindex: index === store.state.view ? "0" : "-1",
            onclick: () => store.set({ view: index, span: -1 }),
          },
          view.title,
          view.secret ? h("span", { class: "tl-secret" }, "secret") : null,
        ),
      ),
    );
  }

  function tabKey(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const count = tabs.children.length;
    if (!step || !count) return;
    event.preventDefault();
    store.set({ view: (store.state.view + step + count) % count, span: -1 });
    tabs.children[store.state.view].focus();
  }

  /** How the record was protected: what went into the cipher besides key and content. */
  function protectedBy(rung, view) {
    const parts = [];
    if (view.length * 2 > view.hex.length) {
      parts.push(h("p", {}, `Only the first ${bytes(view.hex.length / 2)} of ${bytes(view.length)} are here; the kernel's trace has them all.`));
    }
    if (rung.protection !== "clear") {
      const terms = [
        ["suite", rung.suite, false],
        ["sequence number", String(rung.sequence), false],
        ["nonce", rung.nonce, true],
        ["additional data", rung.additional, true],
      ].filter(([, value]) => value);
      parts.push(
        h("dl", { class: "tl-inline" }, terms.map(([term, value, isHex]) => [
          h("dt", {}, term),
          h("dd", {}, h("code", {}, isHex ? grouped(value) : breakable(value))),
        ])),
      );
    }
    return parts;
  }

  // -- the selection ----------------------------------------------------------------------------

  function select() {
    const { span } = store.state;
    const path = span >= 0 ? chain(nodes, span) : [];
    // A closed structure would hide what was selected.
    for (const node of path.slice(0, -1)) closed.delete(node.index);
    marks = path;
    lines = visibleLines();
    const at = lines.findIndex((node) => node.index === span);
    treeRows.reset(lines.length, at);
    if (at >= 0) treeRows.reveal(at);
    const count = Math.ceil(raw.length / PER_ROW);
    const chosen = path.at(-1);
    const row = chosen ? Math.min(Math.floor(chosen.start / PER_ROW), count - 1) : -1;
    classes = paint();
    hexRows.reset(count, row);
    if (row >= 0) hexRows.reveal(row);
    detail.replaceChildren(...about(chosen));
  }

  function choose(index) {
    store.set({ span: index });
  }

  function about(node) {
    if (!node) {
      return [h("p", { class: "tl-hint" }, "Select a byte or a field to see what it means.")];
    }
    const [meaning, section] = store.doc.fields[fieldOf(node.path)] ?? ["", ""];
    const length = node.end - node.start;
    const where = length
      ? `${bytes(length)}, at offset ${node.start}${length > 1 ? ` to ${node.end - 1}` : ""}`
      : `no bytes, at offset ${node.start}`;
    const value = node.value ?? grouped(hexOf(node));
    return [
      h("p", { class: "tl-path" }, h("code", {}, breakable(node.path))),
      h("p", {}, `${meaning} `, h("cite", {}, section)),
      h("dl", { class: "tl-inline" },
        value ? [h("dt", {}, "value"), h("dd", {}, h("code", { class: "tl-value" }, value))] : null,
        h("dt", {}, "where"), h("dd", {}, where)),
    ];
  }

  function hexOf({ start, end }) {
    return shown.hex.slice(2 * start, 2 * end);
  }

  // -- the hex rows -----------------------------------------------------------------------------

  function makeHexRow() {
    const cells = Array.from({ length: PER_ROW }, () => h("span", { class: "tl-byte" }));
    const row = h(
      "div",
      { class: "tl-row tl-hexrow", role: "option" },
      h("span", { class: "tl-offset" }),
      h("span", { class: "tl-cells" }, cells),
      h("span", { class: "tl-letters" }),
    );
    return Object.assign(row, { cells });
  }

  function fillHexRow(row, index) {
    const start = index * PER_ROW;
    const end = Math.min(start + PER_ROW, raw.length);
    const other = row.from !== shown || row.index !== index;
    let repainted = other;
    for (let at = start; at < start + PER_ROW; at += 1) {
      const cell = row.cells[at - start];
      const look = at < end ? classes[at] ?? plain(at) : "";
      if (cell.look !== look) {
        cell.look = look;
        cell.className = `tl-byte ${look}`;
        repainted = true;
      }
      if (!other) continue;
      cell.textContent = at < end ? shown.hex.slice(2 * at, 2 * at + 2) : "";
      cell.dataset.at = at;
    }
    if (repainted) row.lastChild.replaceChildren(...letters(row, start, end));
    if (other) {
      row.from = shown;
      row.index = index;
      row.firstChild.textContent = start.toString(16).padStart(4, "0");
      mark(row, { "aria-label": rowLabel(index, start, end) });
    }
    const chosen = marks.at(-1);
    mark(row, { "aria-selected": String(Boolean(chosen && chosen.start < end && chosen.end > start)) });
  }

  /** The bytes as text, in runs of one field that look the same. */
  function letters(row, start, end) {
    const runs = [];
    let from = start;
    for (let at = start + 1; at <= end; at += 1) {
      const same = at < end && leaves[at] === leaves[from];
      if (same) continue;
      const text = Array.from(raw.subarray(from, at), letter).join("");
      const look = row.cells[from - start].look.replace(/ tl-(first|differs|opens|closes|picked-first|picked-last)/g, "");
      runs.push(h("span", { class: `tl-letter ${look}`, "data-at": from }, text));
      from = at;
    }
    return runs;
  }

  function rowLabel(index, start, end) {
    if (!labels.has(index)) {
      const names = [...new Set(leaves.slice(start, end))].map((leaf) => nodes[leaf]?.name ?? "");
      const digits = shown.hex.slice(2 * start, 2 * end).replace(/../g, "$& ");
      labels.set(index, `offset ${start}: ${digits}: ${names.join(", ")}`);
    }
    return labels.get(index);
  }

  /** How a byte looks that is not near the selection. */
  function plain(at) {
    const leaf = nodes[leaves[at]];
    let look = leaf && leaf.index % 2 ? "tl-odd" : "tl-even";
    if (leaf?.start === at) look += " tl-first";
    if (shown.own.length && (at < shown.own[0] || at >= shown.own[1])) look += " tl-beside";
    if (old && old[at] !== raw[at]) look += " tl-differs";
    return look;
  }

  /** How the bytes look that the selection and what is around it have, by offset. */
  function paint() {
    const looks = [];
    marks.forEach((node, depth) => {
      const last = depth === marks.length - 1;
      for (let at = node.start; at < node.end; at += 1) {
        looks[at] ??= plain(at);
        looks[at] += last ? " tl-picked" : " tl-around";
        if (at === node.start) looks[at] += last ? " tl-picked-first" : " tl-opens";
        if (at === node.end - 1) looks[at] += last ? " tl-picked-last" : " tl-closes";
      }
    });
    return looks;
  }

  function pickByte(event) {
    const at = event.target.closest("[data-at]")?.dataset.at;
    if (at !== undefined && at < raw.length) choose(leaves[at]);
  }

  function hexKey(event) {
    const order = nodes.filter((node) => node.leaf);
    const now = order.findIndex((node) => node.index === store.state.span);
    const chosen = nodes[store.state.span];
    if (event.key === "ArrowRight" || event.key === "ArrowLeft") {
      const step = event.key === "ArrowRight" ? 1 : -1;
      const to = now < 0 ? (chosen ? order.findIndex((node) => node.start >= chosen.start) : 0) : now + step;
      if (order[to]) choose(order[to].index);
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const from = chosen ? chosen.start : 0;
      const at = event.key === "ArrowDown" ? Math.max(from + PER_ROW, chosen?.end ?? 0) : from - PER_ROW;
      if (chosen && at >= 0 && at < raw.length) choose(leaves[at]);
      else if (!chosen && order.length) choose(order[0].index);
    } else if (event.key === "Home" && order.length) choose(order[0].index);
    else if (event.key === "End" && order.length) choose(order.at(-1).index);
    else return;
    event.preventDefault();
  }

  // -- the tree ---------------------------------------------------------------------------------

  function visibleLines() {
    const hidden = new Set();
    return nodes.filter((node) => {
      if (hidden.has(node.parent) || closed.has(node.parent)) {
        hidden.add(node.index);
        return false;
      }
      return true;
    });
  }

  function isLong(node) {
    return !node.leaf && nodes.filter((other) => other.parent === node.index).length > 12;
  }

  function makeField() {
    const parts = [
      h("span", { "aria-hidden": "true" }),
      h("span", { class: "tl-name" }),
      h("span", { class: "tl-short" }),
    ];
    const onclick = (event) => {
      const node = lines[row.index];
      if (event.target === parts[0] && !node.leaf) toggle(node);
      else choose(node.index);
    };
    const row = h("div", { role: "treeitem", onclick }, parts);
    return Object.assign(row, { parts });
  }

  function fillField(row, index) {
    const node = lines[index];
    const open = !closed.has(node.index);
    row.index = index;
    if (row.node !== node) {
      row.node = node;
      const [, name, value] = row.parts;
      name.textContent = node.name;
      value.textContent = node.leaf ? node.value ?? short(hexOf(node)) : bytes(node.end - node.start);
      row.style.setProperty("--depth", node.depth);
      row.className = `tl-row tl-field ${node.leaf && node.index % 2 ? "tl-odd" : "tl-even"}`;
    }
    row.parts[0].className = node.leaf ? "tl-leaf" : "tl-twist";
    row.parts[0].textContent = node.leaf ? "" : open ? "▾" : "▸";
    const chosen = node.index === store.state.span;
    row.classList.toggle("tl-chosen", chosen);
    mark(row, {
      "aria-level": node.depth + 1,
      "aria-selected": String(chosen),
      "aria-expanded": node.leaf ? null : String(open),
    });
  }

  function short(text) {
    return text.length > 34 ? `${text.slice(0, 32)}…` : text;
  }

  function toggle(node) {
    if (closed.has(node.index)) closed.delete(node.index);
    else closed.add(node.index);
    if (chain(nodes, store.state.span).some((one) => one !== nodes[store.state.span] && one === node)) {
      choose(node.index);
    } else select();
  }

  function treeKey(event) {
    const at = lines.findIndex((node) => node.index === store.state.span);
    const node = lines[at];
    const { key } = event;
    if (key === "ArrowDown") go(Math.min(at + 1, lines.length - 1));
    else if (key === "ArrowUp") go(Math.max(at - 1, 0));
    else if (key === "Home") go(0);
    else if (key === "End") go(lines.length - 1);
    else if (key === "ArrowRight" && node && !node.leaf) {
      if (closed.has(node.index)) toggle(node);
      else go(at + 1);
    } else if (key === "ArrowLeft" && node) {
      if (!node.leaf && !closed.has(node.index)) toggle(node);
      else if (node.parent >= 0) choose(node.parent);
    } else if ((key === "Enter" || key === " ") && node && !node.leaf) toggle(node);
    else return;
    event.preventDefault();
    function go(index) {
      if (lines[index]) choose(lines[index].index);
    }
  }

  update({ doc: true });
  const stop = store.on(update);
  return { element, remove: () => (stop(), hexRows.remove(), treeRows.remove()) };
}

function fromHex(hex) {
  const raw = new Uint8Array(hex.length / 2);
  for (let at = 0; at < raw.length; at += 1) raw[at] = parseInt(hex.slice(2 * at, 2 * at + 2), 16);
  return raw;
}

function letter(byte) {
  return byte > 32 && byte < 127 ? String.fromCharCode(byte) : byte === 32 ? "␣" : "·";
}
