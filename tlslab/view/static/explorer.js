// The explorer: the parts side by side, over one selection.

import { bytesView } from "./bytes.js";
import { h, newId } from "./dom.js";
import { knowledgeView } from "./knowledge.js";
import { ladder } from "./ladder.js";
import { secretsView } from "./secrets.js";
import { hideStandIn } from "./standin.js";
import { Store } from "./store.js";
import { transcriptView } from "./transcript.js";

const BELOW = { secrets: "Secrets", transcript: "Transcript", knowledge: "Who knows what" };
const PAUSE = 1500;
const PATIENCE = 10000;

/** doc: what document.py made. parts: which to show. ask: see secrets.js. Gives { element, ... }. */
export function explorer(doc, parts, ask) {
  const store = new Store(doc);
  const made = [];
  const part = (make, ...more) => {
    const view = make(store, ...more);
    made.push(view);
    return view.element;
  };
  const root = h("div", {
    class: "tl-explorer",
    // JupyterLab would take arrows and letters for commands of its own.
    "data-lm-suppress-shortcuts": "true",
  });
  const headline = h("p", { class: "tl-headline" });
  const note = h("p", { class: "tl-note", role: "status" });
  root.append(headline, note);
  const stepping = parts.includes("ladder") || parts.includes("bytes");
  const controls = toolbar(store, stepping);
  if (stepping || parts.includes("secrets")) root.append(controls.element);
  const above = h("div", { class: "tl-above" });
  if (parts.includes("ladder")) above.append(part(ladder));
  if (parts.includes("bytes")) above.append(part(bytesView));
  above.classList.toggle("tl-pair", above.children.length === 2);
  if (above.children.length) root.append(above);
  const below = {
    secrets: () => part(secretsView, ask),
    transcript: () => part(transcriptView),
    knowledge: () => part(knowledgeView),
  };
  const names = Object.keys(BELOW).filter((name) => parts.includes(name));
  if (names.length === 1) root.append(below[names[0]]());
  else if (names.length > 1) root.append(tabs(names, below));

  function update(changed) {
    if (!changed.doc) return;
    headline.textContent = store.doc.headline;
    const words = [];
    if (store.doc.dropped) words.push(`The trace was full: ${store.doc.dropped.toLocaleString("en")} events in the middle are missing.`);
    if (store.differences) {
      const count = store.differences.rungs.filter((one) => !one.same).length;
      words.push(
        store.differences.same
          ? "Exactly the same as the run before, byte for byte."
          : `Compared with the run before: ${store.differences.secrets.size} values and ${count} of ${store.doc.rungs.length} messages are different. They are marked.`,
      );
    }
    note.textContent = words.join(" ");
    note.hidden = !words.length;
  }
  update({ doc: true });
  store.on(update);
  return {
    element: root,
    store,
    remove: () => {
      controls.stop();
      for (const view of made) view.remove();
    },
  };
}

/** Step through, play, and choose whose eyes to see with. */
function toolbar(store, stepping) {
  let timer = null;
  const place = h("output", { class: "tl-place", "aria-live": "off" });
  const button = (label, sign, onclick) =>
    h("button", { type: "button", "aria-label": label, title: label, onclick }, h("span", { "aria-hidden": "true" }, sign));
  const first = button("To the first message", "|◀", () => go(0));
  const back = button("Back", "◀", () => go(store.state.item - 1));
  const forward = button("Forward", "▶", () => go(store.state.item + 1));
  const last = button("To the last message", "▶|", () => go(store.items.length - 1));
  const play = h("button", { type: "button", class: "tl-play", "aria-pressed": "false", onclick: toggle }, "Play");
  const id = newId("eyes");
  const eyes = h(
    "select",
    { id, onchange: (event) => store.set({ eavesdropper: event.target.value === "eavesdropper", view: 0, span: -1 }) },
  );
  const element = h(
    "div",
    { class: "tl-toolbar", role: "toolbar", "aria-label": "Step through the handshake" },
    stepping ? [first, back, forward, last, play, place] : null,
    h("span", { class: "tl-eyes" }, h("label", { for: id }, "See it as "), eyes),
  );

  function go(item) {
    stop();
    store.set({ item });
  }

  function toggle() {
    if (timer) {
      stop();
      return;
    }
    if (store.state.item === store.items.length - 1) store.set({ item: 0 });
    play.textContent = "Pause";
    play.setAttribute("aria-pressed", "true");
    timer = setInterval(() => {
      store.set({ item: store.state.item + 1 });
      if (store.state.item >= store.items.length - 1) stop();
    }, PAUSE);
  }

  function stop() {
    clearInterval(timer);
    timer = null;
    play.textContent = "Play";
    play.setAttribute("aria-pressed", "false");
  }

  function update(changed) {
    if (changed.doc) {
      eyes.replaceChildren(
        h("option", { value: "own" }, `the ${store.doc.role}, with its keys`),
        h("option", { value: "eavesdropper" }, "an eavesdropper"),
      );
      eyes.value = store.state.eavesdropper ? "eavesdropper" : "own";
    }
    if (!changed.doc && !changed.item) return;
    const { item } = store.state;
    const count = store.items.length;
    place.textContent = count ? `${item + 1} of ${count}` : "nothing";
    first.disabled = back.disabled = item <= 0;
    last.disabled = forward.disabled = item >= count - 1;
  }
  update({ doc: true });
  store.on(update);
  return { element, stop };
}

/** Parts that take turns. A part is made when it is first looked at. */
function tabs(names, make) {
  const panels = {};
  const buttons = names.map((name, index) =>
    h(
      "button",
      { type: "button", role: "tab", id: newId("tab"), "data-name": name, onclick: () => open(index), onkeydown: (event) => key(event, index) },
      BELOW[name],
    ),
  );
  const place = h("div", { class: "tl-panels" });
  function open(index) {
    names.forEach((name, at) => {
      const chosen = at === index;
      buttons[at].setAttribute("aria-selected", String(chosen));
      buttons[at].tabIndex = chosen ? 0 : -1;
      if (chosen && !panels[name]) {
        panels[name] = h("div", { role: "tabpanel", id: newId("tabpanel"), "aria-labelledby": buttons[at].id });
        place.append(panels[name]);
        panels[name].append(make[name]());
        buttons[at].setAttribute("aria-controls", panels[name].id);
      }
      if (panels[name]) panels[name].hidden = !chosen;
    });
  }
  function key(event, index) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const to = (index + step + names.length) % names.length;
    open(to);
    buttons[to].focus();
  }
  open(0);
  return h("div", { class: "tl-below" }, h("div", { class: "tl-tabs", role: "tablist", "aria-label": "More about the handshake" }, buttons), place);
}

/** What an anywidget module has to offer. */
export default {
  render({ model, el }) {
    const decode = () => JSON.parse(new TextDecoder().decode(model.get("document")));
    const waiting = new Map();
    let asked = 0;
    const ask = (changes) =>
      new Promise((resolve, reject) => {
        asked += 1;
        const id = asked;
        const timer = setTimeout(() => {
          waiting.delete(id);
          reject(new Error("No answer. Recomputing needs the kernel, and it is busy or gone."));
        }, PATIENCE);
        waiting.set(id, (answer) => {
          clearTimeout(timer);
          if (answer.error) reject(new Error(answer.error));
          else resolve(answer);
        });
        model.send({ ask: "recompute", id, changes });
      });
    const answer = (message) => {
      waiting.get(message?.id)?.(message);
      waiting.delete(message?.id);
    };
    const shown = explorer(decode(), model.get("parts"), ask);
    const reload = () => shown.store.load(decode());
    model.on("msg:custom", answer);
    model.on("change:document", reload);
    el.append(shown.element);
    const showStandIn = hideStandIn(el);
    return () => {
      showStandIn();
      model.off("msg:custom", answer);
      model.off("change:document", reload);
      shown.remove();
    };
  },
};
