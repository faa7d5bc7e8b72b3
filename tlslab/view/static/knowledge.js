// Who knows what: a table of values and people.

import { h } from "./dom.js";

const MARKS = { "yes": "●", "no": "○" };

export function knowledgeView(store) {
  const table = h("table", {});
  const below = h("div", {});
  const element = h(
    "section",
    { class: "tl-part tl-knowledge", "aria-label": "Who knows what" },
    h(
      "p",
      { class: "tl-hint" },
      "The thief has a copy of the server's private key: today, while the connection runs, or later, with a recording of it.",
    ),
    h("div", { class: "tl-scroll", tabindex: "0", role: "region", "aria-label": "Who knows what" }, table),
    below,
  );

  function update(changed) {
    if (!changed.doc) return;
    const { columns, rows, notes } = store.doc.knowledge;
    below.replaceChildren(...notes.map((note) => h("p", { class: "tl-hint" }, note)));
    table.replaceChildren(
      h("thead", {}, h("tr", {}, columns.map((name) => h("th", { scope: "col" }, name)))),
      h(
        "tbody",
        {},
        rows.map(([name, ...answers]) =>
          h(
            "tr",
            {},
            h("th", { scope: "row" }, name),
            answers.map((answer) =>
              h("td", { class: `tl-${answer.replace(" ", "-")}` }, h("span", { "aria-hidden": "true" }, `${MARKS[answer] ?? "◌"} `), answer),
            ),
          ),
        ),
      ),
    );
  }

  update({ doc: true });
  const stop = store.on(update);
  return { element, remove: stop };
}
