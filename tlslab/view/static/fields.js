// The fields of some bytes as a tree, made from their spans.

/**
 * spans: [path, start, end, value, leaf] in the order of decoding, a structure before its parts.
 * Gives one node for each, with the index of its parent (-1 for none), its depth and its name.
 */
export function tree(spans) {
  const nodes = [];
  const open = [];
  spans.forEach(([path, start, end, value, leaf], index) => {
    while (open.length && !(within(spans[open.at(-1)], start, end))) open.pop();
    const parent = open.length ? open.at(-1) : -1;
    const name = nameOf(path, spans[parent]?.[0]);
    nodes.push({ index, path, start, end, value, leaf, parent, depth: open.length, name });
    if (!leaf) open.push(index);
  });
  return nodes;
}

function within([, start, end], from, to) {
  // What begins where the structure ends, and is not empty, is no part of it.
  return from >= start && to <= end && (from < end || from === to);
}

/** What to call a field inside `parent`: `random`, `[0]`, `length`, or `session_id.length` beside it. */
function nameOf(path, parent) {
  if (parent && path.startsWith(parent) && ".[".includes(path[parent.length])) {
    return path.slice(parent.length).replace(/^\./, "");
  }
  const parts = path.split(".");
  return parts.at(-1) === "length" && parts.length > 2 ? parts.slice(-2).join(".") : parts.at(-1);
}

/** The path without its positions in lists: the key of an explanation. */
export function fieldOf(path) {
  return path.replace(/\[[^\]]*\]/g, "");
}

/** The node and all that it stands in, from the outside in. */
export function chain(nodes, index) {
  const found = [];
  for (let at = index; at >= 0; at = nodes[at].parent) found.unshift(nodes[at]);
  return found;
}

/** For each byte the index of the leaf that it belongs to. */
export function leafOfByte(nodes, length) {
  const leaves = new Int32Array(length).fill(-1);
  for (const { index, start, end, leaf } of nodes) if (leaf) leaves.fill(index, start, end);
  return leaves;
}
