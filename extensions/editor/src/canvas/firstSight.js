// Where the canvas opens: all of it where that can be read, else its beginning.

import { NODE_HEIGHT, NODE_WIDTH } from "../state/layout.js";

const READABLE = 0.65;
const MARGIN = 32;

/** Return the viewport `{x, y, zoom}` on a room of `width` by `height`; `nodes` have `position` and perhaps `measured`. */
export function firstSight(nodes, { width, height }) {
  const boxes = nodes.map(boxOf);
  const all = around(boxes);
  const fitting = Math.min((width - 2 * MARGIN) / (all.right - all.left), (height - 2 * MARGIN) / (all.bottom - all.top), 1);
  if (fitting >= READABLE) return { ...centred(all, { width, height, zoom: fitting }), zoom: fitting };
  const zoom = READABLE;
  const x = isNarrow(all, width, zoom) ? centred(all, { width, height, zoom }).x : MARGIN - all.left * zoom;
  return { x, y: top(boxes, all, { height, zoom }), zoom };
}

const boxOf = ({ position: { x, y }, measured }) => ({
  left: x, top: y, right: x + (measured?.width || NODE_WIDTH), bottom: y + (measured?.height || NODE_HEIGHT),
});

const around = (boxes) => ({
  left: Math.min(...boxes.map((b) => b.left)), right: Math.max(...boxes.map((b) => b.right)),
  top: Math.min(...boxes.map((b) => b.top)), bottom: Math.max(...boxes.map((b) => b.bottom)),
});

const centred = (all, { width, height, zoom }) => ({
  x: width / 2 - ((all.left + all.right) / 2) * zoom, y: height / 2 - ((all.top + all.bottom) / 2) * zoom,
});

const isNarrow = (all, width, zoom) => (all.right - all.left) * zoom + 2 * MARGIN <= width;

// The first column, where the triggers stand, lies in the middle; but no room is left empty above or below the whole.
function top(boxes, all, { height, zoom }) {
  const begin = around(boxes.filter((b) => b.left < all.left + NODE_WIDTH));
  const wanted = height / 2 - ((begin.top + begin.bottom) / 2) * zoom;
  const highest = MARGIN - all.top * zoom;
  const lowest = height - MARGIN - all.bottom * zoom;
  return lowest <= highest ? Math.min(highest, Math.max(lowest, wanted)) : (lowest + highest) / 2;
}
