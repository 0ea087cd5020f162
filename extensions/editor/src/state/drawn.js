// What stands on the canvas beside the nodes: groups (frames around nodes) and notes. Pure.

export const isDrawn = (id) => id.startsWith("_");

export const COLOURS = ["", "blue", "green", "yellow", "red", "purple"];

const AROUND = { side: 24, top: 52 };
const SIZES = { group: [420, 240], note: [220, 120] };

export function freeDrawnId(graph) {
  let number = Object.keys(graph.drawn || {}).length + 1;
  while (graph.drawn?.[`_${number}`]) number += 1;
  return `_${number}`;
}

/** Return a group around nodes whose sizes are known, or one of the usual size with `at` in its middle. */
export function groupAround(graph, ids, sizes, at) {
  const boxes = ids.map((id) => boxOf(graph, id, sizes));
  if (!boxes.length) return placed("group", at);
  const left = Math.min(...boxes.map((box) => box.x)) - AROUND.side;
  const top = Math.min(...boxes.map((box) => box.y)) - AROUND.top;
  const right = Math.max(...boxes.map((box) => box.x + box.width)) + AROUND.side;
  const bottom = Math.max(...boxes.map((box) => box.y + box.height)) + AROUND.side;
  return { kind: "group", text: "", at: [left, top].map(Math.round), size: [right - left, bottom - top].map(Math.round), color: "blue" };
}

export function placed(kind, [x, y]) {
  const [width, height] = SIZES[kind];
  return { kind, text: "", at: [x - width / 2, y - height / 2].map(Math.round), size: [width, height], color: kind === "note" ? "yellow" : "blue" };
}

/** Return the nodes whose middle lies in a frame, and what else is drawn wholly in it. */
export function inside(graph, id, sizes) {
  const { at: [left, top], size: [width, height] } = graph.drawn[id];
  const holds = (x, y) => x >= left && x <= left + width && y >= top && y <= top + height;
  const nodes = Object.keys(graph.nodes).filter((node) => {
    const box = boxOf(graph, node, sizes);
    return holds(box.x + box.width / 2, box.y + box.height / 2);
  });
  const drawn = Object.entries(graph.drawn).filter(([other, one]) => other !== id && holds(...one.at) && holds(one.at[0] + one.size[0], one.at[1] + one.size[1]));
  return { nodes, drawn: drawn.map(([other]) => other) };
}

/** Return the operations that move a frame, and what stands in it, by so much. */
export function moveOps(graph, id, by, { nodes, drawn }) {
  const shifted = ([x, y]) => [Math.round(x + by[0]), Math.round(y + by[1])];
  const ops = [id, ...drawn].filter((one) => graph.drawn[one]).map((one) => ({ op: "draw", id: one, set: { at: shifted(graph.drawn[one].at) } }));
  const positions = Object.fromEntries(nodes.filter((node) => graph.nodes[node]).map((node) => [node, shifted(graph.nodes[node].position)]));
  return Object.keys(positions).length ? [...ops, { op: "move", positions }] : ops;
}

function boxOf(graph, id, sizes) {
  const [x, y] = graph.nodes[id].position;
  return { x, y, width: 208, height: 64, ...sizes[id] };
}
