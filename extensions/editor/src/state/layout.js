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
