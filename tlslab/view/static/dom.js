// Making elements. Text from a trace only ever becomes a text node, so it cannot become markup.

/**
 * An element: h("button", { class: "tl-x", onclick: f, "aria-label": "Next" }, "text", child).
 * A property that is a function becomes a listener; null and false leave an attribute out.
 */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (value !== null && value !== false && value !== undefined) {
      element.setAttribute(name, value === true ? "" : value);
    }
  }
  element.append(...children.flat(3).filter((child) => child !== null && child !== undefined));
  return element;
}

let made = 0;

/** A new id: several explorers can stand on one page. */
export function newId(what) {
  made += 1;
  return `tlslab-${what}-${made}`;
}

/**
 * A list that has only the rows in sight in the document, however many there are.
 *
 * element: the scrolling element, the caller gives it a role. make(): an empty row. fill(row, index):
 * put into it what belongs there; rows are used again and again. All are `height` pixels high. The
 * list has the focus, not its rows: it names the current row in aria-activedescendant.
 *
 * Where it stands and how much is in sight is asked when that changes, and never while rows are
 * written: the browser would have to lay out the page each time.
 */
export class RowList {
  constructor(element, height, make, fill) {
    this.element = element;
    this.height = height;
    this.make = make;
    this.fill = fill;
    this.count = 0;
    this.current = -1;
    this.top = 0;
    this.tall = 0;
    this.shown = new Map();
    this.spare = [];
    this.space = h("div", { class: "tl-space", role: "presentation" });
    this.id = newId("rows");
    element.append(this.space);
    const moved = () => {
      this.top = element.scrollTop;
      this.draw();
    };
    element.addEventListener("scroll", moved, { passive: true });
    this.watch = new ResizeObserver(() => {
      this.tall = element.clientHeight;
      this.draw();
    });
    this.watch.observe(element);
  }

  /** Show `count` rows, all filled anew; `current` is the one that the list speaks of. */
  reset(count, current) {
    if (count !== this.count) {
      this.count = count;
      this.space.style.height = `${count * this.height}px`;
      this.top = Math.max(0, Math.min(this.top, count * this.height - this.tall));
      for (const index of this.shown.keys()) if (index >= count) this.hide(index);
    }
    this.refill(current);
  }

  /** Fill the rows in sight anew. */
  refill(current) {
    this.current = current;
    for (const [index, row] of this.shown) this.fill(row, index);
    this.draw();
    if (this.shown.has(current)) {
      this.element.setAttribute("aria-activedescendant", `${this.id}-${current}`);
    } else {
      this.element.removeAttribute("aria-activedescendant");
    }
  }

  /** Scroll, if need be, until the row can be seen, with `margin` rows around it. */
  reveal(index, margin = 0) {
    const top = Math.max(0, (index - margin) * this.height);
    const bottom = Math.min(this.count, index + 1 + margin) * this.height - this.tall;
    if (this.top > top) this.scrollTo(top);
    else if (this.tall && this.top < bottom) this.scrollTo(bottom);
  }

  scrollTo(top) {
    // To set it, even to what it is, makes the browser lay out the page.
    if (this.top !== top) this.element.scrollTop = top;
    this.top = top;
    this.draw();
  }

  draw() {
    const first = Math.max(0, Math.floor(this.top / this.height) - 2);
    const last = Math.min(this.count, first + Math.ceil((this.tall || 300) / this.height) + 5);
    for (const index of this.shown.keys()) {
      // The current row stays, for the list speaks of it.
      if ((index < first || index >= last) && index !== this.current) this.hide(index);
    }
    for (let index = first; index < last; index += 1) this.show(index);
    if (this.current >= 0 && this.current < this.count) this.show(this.current);
  }

  hide(index) {
    const row = this.shown.get(index);
    this.shown.delete(index);
    this.spare.push(row);
    row.remove();
  }

  show(index) {
    if (this.shown.has(index)) return;
    const used = this.spare.pop();
    const row = used ?? this.make();
    row.style.transform = `translateY(${index * this.height}px)`;
    row.id = `${this.id}-${index}`;
    this.shown.set(index, row);
    this.fill(row, index);
    if (!used) row.style.height = `${this.height}px`;
    this.space.append(row);
  }

  remove() {
    this.watch.disconnect();
  }
}

/** Give an element these attributes; false and null take one away. */
export function mark(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === false) element.removeAttribute(name);
    else if (element.getAttribute(name) !== String(value)) element.setAttribute(name, String(value));
  }
}

/** Hex digits in groups of four bytes, with places to break the line. */
export function grouped(hex) {
  return hex.replace(/.{8}(?=.)/g, "$& ");
}

/** A name that may be broken after an underscore or a dot. */
export function breakable(name) {
  return name.split(/(?<=[_.])/).flatMap((part, index) => (index ? [h("wbr"), part] : [part]));
}

/** "1 byte", "2,048 bytes". */
export function bytes(count) {
  return `${count.toLocaleString("en")} ${count === 1 ? "byte" : "bytes"}`;
}
