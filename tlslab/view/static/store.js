// What is selected: the one thing that all parts of the explorer share.

/**
 * item: the place on the ladder, an index into `items`. view: which bytes of it. span: which field
 * of those, -1 for none. secret: a name or null. eavesdropper: hide what the wire does not show.
 */
export class Store {
  constructor(doc) {
    this.listeners = new Set();
    this.load(doc, null);
  }

  /** Show another trace. The one before stays, to compare with. */
  load(doc, before = this.doc) {
    this.doc = doc;
    this.items = itemsOf(doc);
    this.differences = before ? compare(before, doc) : null;
    this.state = { item: 0, view: 0, span: -1, secret: null, eavesdropper: false, ...this.kept() };
    this.recomputed = null;
    this.tell({ doc: true });
  }

  /** What stays selected when another trace comes. */
  kept() {
    if (!this.state) return {};
    const { item, secret, eavesdropper } = this.state;
    const known = this.doc.secrets.some((one) => one.name === secret);
    return { item: Math.min(item, this.items.length - 1), secret: known ? secret : null, eavesdropper };
  }

  /** listener(changed): `changed` has the names of what is different now. */
  on(listener) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  tell(changed) {
    for (const listener of this.listeners) listener(changed);
  }

  set(patch) {
    const next = { ...this.state, ...patch };
    if ("item" in patch) {
      next.item = Math.max(0, Math.min(this.items.length - 1, patch.item));
      if (next.item !== this.state.item) {
        next.view = patch.view ?? 0;
        next.span = patch.span ?? -1;
      }
    }
    const changed = {};
    for (const name of Object.keys(next)) if (next[name] !== this.state[name]) changed[name] = true;
    this.state = next;
    if (Object.keys(changed).length) this.tell(changed);
  }

  get item() {
    return this.items[this.state.item];
  }

  get rung() {
    return this.item?.rung ?? null;
  }

  /** The bytes that are looked at, or null. */
  get view() {
    return this.rung?.views[this.state.view] ?? null;
  }

  /** Whether the reader, as they chose to see it, may see this view. */
  visible(view) {
    return !(view.secret && this.state.eavesdropper);
  }

  /** Go to the bytes `[start, end)` of a view of the rung with this number, and to their field. */
  goTo(number, view, start, end) {
    const item = this.items.findIndex((one) => one.number === number);
    const spans = this.items[item].rung.views[view].spans;
    const span = spans.findIndex((one) => one[1] === start && one[2] === end && one[4]);
    this.set({ item, view, span });
  }

  /** Take what came of a change: { values, changed, unknown }, or null for the trace's own. */
  setRecomputed(result) {
    this.recomputed = result;
    this.tell({ recomputed: true });
  }

  secret(name) {
    return this.doc.secrets.find((one) => one.name === name);
  }
}

/** What one steps through: the rungs, and between them the steps in which nothing is sent. */
function itemsOf(doc) {
  const items = doc.rungs.map((rung, index) => ({ rung, number: index + 1, step: rung.step }));
  for (const step of doc.steps) {
    if (step.status === "not reached" || doc.rungs.some((rung) => rung.step === step.number)) continue;
    // Early data reach a server behind its answer: what counts is the first step that comes later.
    const next = items.findIndex((item) => item.step > step.number);
    items.splice(next < 0 ? items.length : next, 0, { rung: null, number: 0, step: step.number });
  }
  return items;
}

/** What is different from the trace before: names of values, and rungs with their old bytes. */
function compare(before, doc) {
  const old = new Map(before.secrets.map((secret) => [secret.name, secret.value]));
  const secrets = new Set();
  for (const { name, value } of doc.secrets) if (old.get(name) !== value) secrets.add(name);
  const rungs = doc.rungs.map((rung, index) => {
    const other = before.rungs[index];
    if (!other || other.name !== rung.name || other.sender !== rung.sender) return { same: false };
    return { same: other.views[0].hex === rung.views[0].hex, other };
  });
  return { secrets, rungs, same: !secrets.size && rungs.every((rung) => rung.same) };
}
