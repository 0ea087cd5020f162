// Automatic layout, left to right.

import dagre from "@dagrejs/dagre";

export const NODE_WIDTH = 208;
export const NODE_HEIGHT = 64;

/** Return a position for each of `ids`; sizes are those measured on screen where known. */
export function arrange(graph, ids, sizes = {}) {
  const chosen = new Set(ids);
  const plane = new dagre.graphlib.Graph({ multigraph: true });
  plane.setGraph({ rankdir: "LR", nodesep: 36, ranksep: 72, marginx: 0, marginy: 0 });
  plane.setDefaultEdgeLabel(() => ({}));
  for (const id of ids) plane.setNode(id, sizes[id] || { width: NODE_WIDTH, height: NODE_HEIGHT });
  for (const e of graph.edges) {
    if (chosen.has(e.source) && chosen.has(e.target) && e.source !== e.target) plane.setEdge(e.source, e.target, {}, e.from);
  }
  dagre.layout(plane);
  return Object.fromEntries(ids.map((id) => {
    const { x, y, width, height } = plane.node(id);
    return [id, [Math.round(x - width / 2), Math.round(y - height / 2)]];
  }));
}

/** Return the room that nodes take together, `{left, top, width, height}`. */
export function roomOf(nodes, sizes = {}) {
  const boxes = Object.entries(nodes).map(([id, { position: [x, y] }]) => ({ x, y, width: NODE_WIDTH, height: NODE_HEIGHT, ...sizes[id] }));
  const left = Math.min(...boxes.map((box) => box.x));
  const top = Math.min(...boxes.map((box) => box.y));
  return { left, top, width: Math.max(...boxes.map((box) => box.x + box.width)) - left, height: Math.max(...boxes.map((box) => box.y + box.height)) - top };
}

const STEP = 24;
const GAP = 16;
const MOST_STEPS = 60;

/** Return the place nearest to `at` where `block`, by default a new node, covers none; `at` where there is no such place near. */
export function freeSpot(at, graph, sizes = {}, block = { width: NODE_WIDTH, height: NODE_HEIGHT }) {
  const boxes = Object.entries(graph.nodes).map(([id, { position: [x, y] }]) => ({ x, y, width: NODE_WIDTH, height: NODE_HEIGHT, ...sizes[id] }));
  const isFree = ([x, y]) => boxes.every((box) => x >= box.x + box.width + GAP || x + block.width + GAP <= box.x || y >= box.y + box.height + GAP || y + block.height + GAP <= box.y);
  for (let steps = 0; steps <= MOST_STEPS; steps += 1) {
    const by = steps * STEP;
    const found = [[0, by], [0, -by], [by, 0], [-by, 0]].map(([dx, dy]) => [at[0] + dx, at[1] + dy]).find(isFree);
    if (found) return found;
  }
  return at;
}
