// Small questions that check themselves. Buttons and selects are the browser's own, so that the
// keyboard and screen readers work as everywhere.

import { h, newId } from "./dom.js";
import { hideStandIn } from "./standin.js";

/** Text with `code` between backticks, as nodes. */
function text(written) {
  return written.split("`").map((part, index) => (index % 2 ? h("code", {}, part) : part));
}

/** A verdict below an answer; a screen reader hears it. */
function verdict() {
  const element = h("div", { class: "tq-verdict", role: "status" });
  return {
    element,
    say(right, written) {
      element.className = `tq-verdict ${right ? "tq-right" : "tq-wrong"}`;
      element.replaceChildren(h("b", {}, right ? "✓ Right. " : "✗ No. "), ...text(written));
    },
    clear() {
      element.className = "tq-verdict";
      element.replaceChildren();
    },
  };
}

function choose({ choices }) {
  const said = verdict();
  const buttons = choices.map(([what, because, right]) =>
    h(
      "button",
      {
        type: "button",
        class: "tq-choice",
        "aria-pressed": "false",
        onclick: (event) => {
          for (const button of buttons) button.setAttribute("aria-pressed", "false");
          event.currentTarget.setAttribute("aria-pressed", "true");
          event.currentTarget.classList.add(right ? "tq-right" : "tq-wrong");
          said.say(right, because);
        },
      },
      text(what),
    ),
  );
  return [h("div", { class: "tq-choices" }, buttons), said.element];
}

function order({ items, first }) {
  const said = verdict();
  const right = items.map(([what]) => what);
  let now = [...first];
  const list = h("ol", { class: "tq-order" });
  const move = (from, step) => {
    const to = from + step;
    if (to < 0 || to >= now.length) return;
    [now[from], now[to]] = [now[to], now[from]];
    said.clear();
    draw();
    // The same arrow goes on with the same thing, until there is no further.
    const arrows = list.children[to].querySelectorAll("button");
    const same = arrows[step < 0 ? 0 : 1];
    (same.disabled ? arrows[step < 0 ? 1 : 0] : same).focus();
  };
  const arrow = (index, step, name, sign) =>
    h(
      "button",
      {
        type: "button",
        "aria-label": `${now[index].replaceAll("`", "")}: ${name}`,
        disabled: index + step < 0 || index + step >= now.length,
        onclick: () => move(index, step),
      },
      sign,
    );
  function draw() {
    list.replaceChildren(
      ...now.map((what, index) =>
        h("li", {}, arrow(index, -1, "up", "▲"), arrow(index, 1, "down", "▼"), h("span", {}, text(what))),
      ),
    );
  }
  draw();
  const check = () => {
    const wrong = now.findIndex((what, index) => what !== right[index]);
    if (wrong < 0) {
      said.element.className = "tq-verdict tq-right";
      said.element.replaceChildren(
        h("b", {}, "✓ Right."),
        h("ol", {}, items.map(([what, why]) => h("li", {}, text(what), ": ", text(why)))),
      );
    } else {
      said.say(false, `Number ${wrong + 1} is not in its place: \`${now[wrong].replaceAll("`", "")}\`. ${whereItBelongs(now[wrong])}`);
    }
  };
  const whereItBelongs = (what) => items.find(([each]) => each === what)[1];
  return [list, h("button", { type: "button", class: "tq-check", onclick: check }, "Check"), said.element];
}

function match({ pairs, first }) {
  /** What was chosen belongs elsewhere; where to several, only its own reason helps. */
  const whyNot = (chosen, why) => {
    const theirs = pairs.filter(([, belongs]) => belongs === chosen);
    return theirs.length === 1 ? `That belongs to: ${theirs[0][0]}. ${theirs[0][2]}` : why;
  };
  const rows = pairs.map(([given, belongs, why]) => {
    const said = verdict();
    const id = newId("match");
    const select = h(
      "select",
      { id, onchange: () => said.clear() },
      h("option", { value: "" }, "choose"),
      first.map((each) => h("option", { value: each }, each.replaceAll("`", ""))),
    );
    const check = () => {
      if (!select.value) said.clear();
      else if (select.value === belongs) said.say(true, why);
      else said.say(false, whyNot(select.value, why));
    };
    const row = h("div", { class: "tq-pair" }, h("label", { for: id }, text(given)), select, said.element);
    return { row, check };
  });
  const check = () => rows.forEach((each) => each.check());
  return [rows.map((each) => each.row), h("button", { type: "button", class: "tq-check", onclick: check }, "Check")];
}

const KINDS = { choose, order, match };

/** What an anywidget module has to offer. */
export default {
  render({ model, el }) {
    const questions = JSON.parse(model.get("questions"));
    el.append(
      h(
        "div",
        { class: "tl-quiz" },
        questions.map((each, index) =>
          h(
            "fieldset",
            {},
            h("legend", {}, `${index + 1}. `, text(each.question)),
            KINDS[each.kind](each),
          ),
        ),
      ),
    );
    return hideStandIn(el);
  },
};
