// A piece of a workflow as text: what copy puts on the clipboard and paste reads, also between two editors.

export const MARK = "flowforge/fragment";
const ID = /^[a-zA-Z][a-zA-Z0-9_]{0,63}$/;

/** Return the nodes and the edges among them as clipboard text. */
export function writeFragment(graph, ids) {
  const chosen = new Set(ids);
  const nodes = Object.fromEntries(ids.filter((id) => graph.nodes[id]).map((id) => [id, graph.nodes[id]]));
  const edges = graph.edges.filter((e) => chosen.has(e.source) && chosen.has(e.target));
  return JSON.stringify({ [MARK]: 1, nodes, edges });
}

/** Return what was copied, or null if the text is something else. */
export function readFragment(text) {
  if (!text || !text.includes(MARK)) return null;
  try {
    const fragment = JSON.parse(text);
    const isSound = fragment[MARK] === 1 && Object.values(fragment.nodes).every((n) => n.kind && Array.isArray(n.position));
    return isSound && Array.isArray(fragment.edges) ? fragment : null;
  } catch {
    return null;
  }
}

/** Return an id like `wanted` that the graph does not have yet. */
export function freeId(taken, wanted) {
  const clean = wanted.replace(/[^a-zA-Z0-9_]+/g, "_").replace(/^[^a-zA-Z]+/, "").slice(0, 58) || "node";
  if (!taken.has(clean)) return clean;
  const stem = clean.replace(/_\d+$/, "");
  let number = 2;
  while (taken.has(`${stem}_${number}`)) number += 1;
  return `${stem}_${number}`;
}

export const isId = (text) => ID.test(text);

/** Return the operations that put a fragment in with fresh ids, its top left corner at `at`. */
export function pasteOps(graph, fragment, at) {
  const taken = new Set(Object.keys(graph.nodes));
  const names = {};
  for (const id of Object.keys(fragment.nodes)) {
    names[id] = freeId(taken, id);
    taken.add(names[id]);
  }
  const all = Object.values(fragment.nodes);
  const left = Math.min(...all.map((n) => n.position[0]));
  const top = Math.min(...all.map((n) => n.position[1]));
  const place = (n) => [Math.round(at[0] + n.position[0] - left), Math.round(at[1] + n.position[1] - top)];
  const added = Object.entries(fragment.nodes).map(([id, node]) => ({
    op: "add_node", id: names[id], node: { ...renameInside(node, names), position: place(node) },
  }));
  const joined = fragment.edges
    .filter((e) => names[e.source] && names[e.target])
    .map((e) => ({ op: "connect", edge: { ...e, source: names[e.source], target: names[e.target] } }));
  return { ops: [...added, ...joined], ids: Object.values(names) };
}

// Expressions among the copied nodes name the copies, not the originals.
function renameInside(node, names) {
  const swap = (text) => text.replace(/\bnodes\.([a-zA-Z]\w*)/g, (whole, id) => (names[id] ? `nodes.${names[id]}` : whole));
  const walk = (value) => {
    if (typeof value === "string") return swap(value);
    if (Array.isArray(value)) return value.map(walk);
    if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, walk(v)]));
    return value;
  };
  return { ...node, config: walk(node.config || {}) };
}
