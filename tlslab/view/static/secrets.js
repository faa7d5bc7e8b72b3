// The graph of the secrets: what was made from what. Change one, and see what follows.

import { h, breakable, bytes, grouped, newId } from "./dom.js";

const BETWEEN = 32;
// Lines that a name takes, the least width that they need, and the height of the whole node.
const SHORT = { width: 92, height: 52 };
const LONG = { width: 128, height: 68 };
const LONG_NAME = 28;
const PASSING = 26;
const KINDS = { random: "drawn at random", received: "received", derived: "computed" };

/** ask(changes): asks the kernel to compute everything again; null where there is no kernel. */
export function secretsView(store, ask) {
  const graph = h("div", { class: "tl-graph", role: "group", "aria-label": "What was made from what" });
  const detail = h("div", { class: "tl-detail", "aria-live": "polite" });
  const status = h("p", { class: "tl-status", role: "status" });
  const element = h(
    "section",
    { class: "tl-part tl-secrets", "aria-label": "Secrets" },
    h("p", { class: "tl-hint" }, "Each value, from what it was made from, down. Select one."),
    graph,
    status,
    detail,
  );
  let buttons = new Map();
  let width = 0;
  let size = SHORT;
  let waiting = 0;
  const changes = new Map();
  const watch = new ResizeObserver(() => {
    if (Math.abs(graph.clientWidth - width) > 4) draw();
  });
  watch.observe(graph);

  function update(changed) {
    if (changed.doc) changes.clear();
    if (changed.doc || changed.recomputed || changed.eavesdropper) draw();
    else if (changed.secret) mark();
    if (changed.doc || changed.secret || changed.recomputed || changed.eavesdropper) about();
    if (changed.doc || changed.recomputed) tell();
  }

  // -- the graph --------------------------------------------------------------------------------

  function draw() {
    const { secrets } = store.doc;
    width = graph.clientWidth;
    const rows = rowsOf(store.doc);
    size = secrets.some((secret) => secret.name.length > LONG_NAME) ? LONG : SHORT;
    const least = Math.max(...rows.map((row) => widthOf(row, size.width)));
    const inner = Math.max(width, least);
    const place = new Map();
    rows.forEach((row, layer) => {
      const nodes = row.filter((one) => one.secret).length;
      const step = Math.min((inner - widthOf(row, 0)) / nodes, 230);
      let left = (inner - widthOf(row, step)) / 2;
      for (const { name, secret } of row) {
        const wide = secret ? step : PASSING;
        const key = secret ? name : `${name} ${layer}`;
        place.set(key, { x: left + wide / 2, y: layer * (size.height + BETWEEN) + 6, width: wide - 12 });
        left += wide;
      }
    });
    const height = rows.length * (size.height + BETWEEN) - BETWEEN + 16;
    const focused = buttons.get(document.activeElement?.dataset?.name) === document.activeElement;
    const name = focused ? document.activeElement.dataset.name : null;
    buttons = new Map(secrets.map((secret) => [secret.name, node(secret, place.get(secret.name))]));
    graph.replaceChildren(
      h("div", { class: "tl-canvas", style: `width: ${inner}px; height: ${height}px` }, edges(secrets, place, inner, height), ...buttons.values()),
    );
    if (name) buttons.get(name)?.focus();
    mark();
  }

  function edges(secrets, place, inner, height) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", `0 0 ${inner} ${height}`);
    svg.setAttribute("width", inner);
    svg.setAttribute("height", height);
    svg.setAttribute("aria-hidden", "true");
    for (const secret of secrets) {
      const to = place.get(secret.name);
      for (const input of secret.inputs) {
        const points = [place.get(input)];
        for (let layer = store.secret(input).layer + 1; layer < secret.layer; layer += 1) points.push(place.get(`${input} ${layer}`));
        points.push(to);
        const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
        path.setAttribute("d", line(points, size.height));
        path.dataset.from = input;
        path.dataset.to = secret.name;
        svg.append(path);
      }
    }
    return svg;
  }

  function node(secret, { x, y, width: wide }) {
    const hidden = store.state.eavesdropper && !secret.public;
    const changed = store.recomputed?.changed.includes(secret.name);
    const lost = store.recomputed && secret.name in store.recomputed.unknown;
    const differs = store.differences?.secrets.has(secret.name);
    const facts = [
      bytes(secret.value.length / 2),
      secret.public ? "public" : "secret",
      changed ? "changed" : null,
      lost ? "unknown" : null,
      !changed && differs ? "new" : null,
      secret.occurs > 1 ? `${secret.occurs}×` : null,
    ].filter(Boolean);
    return h(
      "button",
      {
        type: "button",
        class: `tl-node tl-kind-${secret.kind} ${secret.public ? "" : "tl-private"} ${changed || lost ? "tl-changed" : ""} ${hidden ? "tl-hidden" : ""}`,
        style: `left: ${x - wide / 2}px; top: ${y}px; width: ${wide}px; height: ${size.height}px`,
        "data-name": secret.name,
        "aria-label": `${secret.name}, ${facts.join(", ")}, ${KINDS[secret.kind]}`,
        onclick: () => store.set({ secret: secret.name }),
      },
      h("span", { class: "tl-node-name" }, breakable(secret.name)),
      h("small", {}, facts.join(" · ")),
    );
  }

  /** Mark what is selected, what it was made from, and what is made from it. */
  function mark() {
    const { secret } = store.state;
    const above = secret ? reach(secret, (one) => store.secret(one).inputs) : new Set();
    const below = secret ? reach(secret, (one) => store.doc.secrets.filter((s) => s.inputs.includes(one)).map((s) => s.name)) : new Set();
    for (const [name, button] of buttons) {
      button.setAttribute("aria-pressed", String(name === secret));
      button.classList.toggle("tl-source", name !== secret && above.has(name));
      button.classList.toggle("tl-result", name !== secret && below.has(name));
    }
    for (const path of graph.querySelectorAll("path")) {
      const { from, to } = path.dataset;
      path.classList.toggle("tl-live", (above.has(from) && above.has(to)) || (below.has(from) && below.has(to)));
    }
  }

  // -- the selected value -----------------------------------------------------------------------

  function about() {
    const secret = store.state.secret && store.secret(store.state.secret);
    if (!secret) {
      detail.replaceChildren();
      return;
    }
    const hidden = store.state.eavesdropper && !secret.public;
    const now = store.recomputed?.values[secret.name] ?? secret.value;
    const terms = [["made by", formula(secret)]];
    if (secret.label) terms.push(["label", h("code", {}, `"${secret.label}"`)]);
    if (secret.context && !hidden) terms.push(["context", context(secret)]);
    terms.push(["length", bytes(secret.value.length / 2)]);
    terms.push(["value", hidden ? "An eavesdropper does not know it." : value(secret.value, now)]);
    if (now !== secret.value && !hidden) terms.push(["in the trace", h("code", { class: "tl-value" }, grouped(secret.value))]);
    if (store.recomputed?.unknown[secret.name]) {
      terms.push(["after the change", `cannot be computed: ${store.recomputed.unknown[secret.name]}`]);
    }
    if (secret.at.length) terms.push(["stands in", place(secret)]);
    const fed = sources(secret).map(place);
    if (fed.length) terms.push(["fed by", h("span", {}, fed.flatMap((one, at) => (at ? ["; ", one] : [one])))]);
    detail.replaceChildren(
      h("p", { class: "tl-path" }, h("code", {}, secret.name), " ", h("span", { class: secret.public ? "tl-public" : "tl-secret" }, secret.public ? "public" : "secret")),
      h("p", {}, `${secret.meaning} `, h("cite", {}, secret.section)),
      h("dl", { class: "tl-inline tl-terms" }, terms.map(([term, what]) => [h("dt", {}, term), h("dd", {}, what)])),
      hidden ? "" : change(secret, now),
    );
  }

  function formula(secret) {
    if (secret.kind !== "derived" || !secret.inputs.length) return secret.operation;
    const parts = [`${secret.operation}: `];
    secret.inputs.forEach((input, at) => parts.push(at ? ", " : "", link(input, () => store.set({ secret: input }))));
    return h("span", {}, parts);
  }

  function context(secret) {
    const parts = [h("code", { class: "tl-value" }, grouped(secret.context))];
    if (secret.hashed) {
      const rung = store.doc.rungs[secret.hashed - 1];
      parts.push(" the hash of all handshake messages up to ", link(rung.name, () => goTo([secret.hashed, 0, 0, 0])));
    }
    return h("span", {}, parts);
  }

  /** A link to where a value stands in the bytes. */
  function place({ name, at: [number, view, start, end] }) {
    const rung = store.doc.rungs[number - 1];
    const inside = rung.views[view].secret ? `${rung.name}, encrypted` : rung.name;
    return link(`${name}: bytes ${start} to ${end - 1} of ${inside}`, () => goTo([number, view, start, end]));
  }

  /** All that the value was made from and that stands somewhere in the bytes. */
  function sources(secret) {
    const above = reach(secret.name, (one) => store.secret(one).inputs);
    above.delete(secret.name);
    return [...above].map((name) => store.secret(name)).filter((one) => one.at.length);
  }

  function goTo([number, view, start, end]) {
    store.goTo(number, view, start, end);
  }

  function value(before, now) {
    if (before === now) return h("code", { class: "tl-value" }, grouped(now));
    const parts = [];
    for (let at = 0; at < now.length; at += 2) {
      const byte = now.slice(at, at + 2);
      parts.push(byte === before.slice(at, at + 2) ? byte : h("mark", {}, byte));
      if (at % 8 === 6) parts.push(" ");
    }
    return h("code", { class: "tl-value" }, parts);
  }

  // -- changing it ------------------------------------------------------------------------------

  function change(secret, now) {
    if (!ask || !store.doc.secrets.some((one) => one.inputs.includes(secret.name))) return "";
    const id = newId("value");
    const input = h("textarea", { id, rows: "2", spellcheck: "false", autocomplete: "off" });
    input.value = grouped(now);
    return h(
      "form",
      {
        class: "tl-change",
        onsubmit: (event) => {
          event.preventDefault();
          recompute(secret.name, input.value.replace(/\s/g, "").toLowerCase(), secret.value);
        },
      },
      h("label", { for: id }, "What if it were"),
      input,
      h("div", { class: "tl-buttons" },
        h("button", { type: "submit" }, "Recompute"),
        h("button", { type: "button", onclick: () => {
          const flipped = (parseInt(now.slice(-2), 16) ^ 1).toString(16).padStart(2, "0");
          recompute(secret.name, now.slice(0, -2) + flipped, secret.value);
        } }, "Flip the last bit"),
        changes.size ? h("button", { type: "button", onclick: reset }, "Undo all changes") : null),
    );
  }

  function reset() {
    changes.clear();
    store.setRecomputed(null);
    status.textContent = "Everything is as in the trace.";
  }

  async function recompute(name, hex, original) {
    if (!/^([0-9a-f]{2})*$/.test(hex)) {
      status.textContent = "That is not hex: two digits 0 to 9 and a to f for each byte.";
      return;
    }
    if (hex.length !== original.length) {
      status.textContent = `${name} has ${bytes(original.length / 2)}; this is ${bytes(hex.length / 2)}.`;
      return;
    }
    if (hex === original) changes.delete(name);
    else changes.set(name, hex);
    if (!changes.size) {
      reset();
      return;
    }
    waiting += 1;
    const turn = waiting;
    const { doc } = store;
    try {
      const result = await ask(Object.fromEntries(changes));
      if (turn === waiting && doc === store.doc) store.setRecomputed(result);
    } catch (error) {
      if (turn === waiting) status.textContent = error.message;
    }
  }

  function tell() {
    const result = store.recomputed;
    if (!result) {
      if (store.differences) {
        const count = store.differences.secrets.size;
        status.textContent = `Compared with the run before, ${count} of ${store.doc.secrets.length} values are new.`;
      } else status.textContent = "";
      return;
    }
    const followed = result.changed.filter((name) => !changes.has(name));
    const lost = Object.keys(result.unknown);
    const named = [...changes.keys()].join(" and ");
    status.textContent =
      `You changed ${named}. ${followed.length} values made from it changed with it` +
      (followed.length ? `: ${followed.join(", ")}.` : ".") +
      (lost.length ? ` What they would be now cannot be computed here: ${lost.join(", ")}. Select one to see why.` : "");
  }

  update({ doc: true });
  const stop = store.on(update);
  return { element, remove: () => (stop(), watch.disconnect()) };
}

/** The layers: values, and places where a line passes, in order. */
function rowsOf({ secrets, passing }) {
  const rows = [];
  const put = (layer, at, what) => ((rows[layer] ??= [])[at] = what);
  for (const secret of secrets) put(secret.layer, secret.place, { name: secret.name, secret });
  for (const [name, points] of Object.entries(passing)) {
    for (const [layer, at] of points) put(layer, at, { name, secret: null });
  }
  return rows;
}

function widthOf(row, step) {
  return row.reduce((sum, one) => sum + (one.secret ? step : PASSING), 0);
}

/** A line from the bottom of the first point through the others to the top of the last. */
function line(points, height) {
  let { x, y } = points[0];
  y += height;
  const parts = [`M ${x} ${y}`];
  for (const point of points.slice(1)) {
    const half = (point.y - y) / 2;
    parts.push(`C ${x} ${y + half}, ${point.x} ${point.y - half}, ${point.x} ${point.y}`);
    ({ x, y } = point);
    if (point !== points.at(-1)) {
      y += height;
      parts.push(`L ${x} ${y}`);
    }
  }
  return parts.join(" ");
}

function link(text, onclick) {
  return h("button", { type: "button", class: "tl-link", onclick }, text);
}

/** The name, and all that can be reached from it. */
function reach(name, next) {
  const found = new Set();
  const open = [name];
  while (open.length) {
    const one = open.pop();
    if (found.has(one)) continue;
    found.add(one);
    open.push(...next(one));
  }
  return found;
}
