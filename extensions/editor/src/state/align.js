// Selected nodes in one line, or at equal gaps.

import { NODE_HEIGHT, NODE_WIDTH } from "./layout.js";

const LINES = {
  left: (boxes) => ({ x: Math.min(...boxes.map((b) => b.x)) }),
  right: (boxes) => ({ right: Math.max(...boxes.map((b) => b.x + b.width)) }),
  centre: (boxes) => ({ centre: (Math.min(...boxes.map((b) => b.x)) + Math.max(...boxes.map((b) => b.x + b.width))) / 2 }),
  top: (boxes) => ({ y: Math.min(...boxes.map((b) => b.y)) }),
  bottom: (boxes) => ({ bottom: Math.max(...boxes.map((b) => b.y + b.height)) }),
  middle: (boxes) => ({ middle: (Math.min(...boxes.map((b) => b.y)) + Math.max(...boxes.map((b) => b.y + b.height))) / 2 }),
};

/** Return new positions for `ids`; nothing for fewer than two, or for three where gaps are asked for. */
export function aligned(graph, ids, how, sizes = {}) {
  const boxes = ids.filter((id) => graph.nodes[id]).map((id) => {
    const [x, y] = graph.nodes[id].position;
    return { id, x, y, width: sizes[id]?.width ?? NODE_WIDTH, height: sizes[id]?.height ?? NODE_HEIGHT };
  });
  if (how === "across" || how === "down") return spread(boxes, how === "across" ? ["x", "width"] : ["y", "height"]);
  if (boxes.length < 2) return {};
  const line = LINES[how](boxes);
  const x = (b) => line.x ?? (line.right !== undefined ? line.right - b.width : line.centre !== undefined ? line.centre - b.width / 2 : b.x);
  const y = (b) => line.y ?? (line.bottom !== undefined ? line.bottom - b.height : line.middle !== undefined ? line.middle - b.height / 2 : b.y);
  return Object.fromEntries(boxes.map((b) => [b.id, [Math.round(x(b)), Math.round(y(b))]]));
}

function spread(boxes, [at, size]) {
  if (boxes.length < 3) return {};
  const order = [...boxes].sort((a, b) => a[at] - b[at]);
  const room = order.at(-1)[at] + order.at(-1)[size] - order[0][at];
  const gap = (room - order.reduce((sum, b) => sum + b[size], 0)) / (order.length - 1);
  let next = order[0][at];
  const places = {};
  for (const b of order) {
    places[b.id] = at === "x" ? [Math.round(next), b.y] : [b.x, Math.round(next)];
    next += b[size] + gap;
  }
  return places;
}
