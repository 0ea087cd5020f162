// Between the graph and what React Flow draws: objects that did not change stay the same objects.

import { edgeId } from "../state/ops.js";

/** `gone` are nodes of another version that this one lacks: they are drawn as shadows. */
export function drawnNodes(previous, graph, gone = {}) {
  const old = new Map(previous.map((node) => [node.id, node]));
  const shadows = Object.entries(gone || {}).map(([id, { position: [x, y], kind, label }]) => ({
    id: `gone:${id}`, type: "ghost", position: { x, y }, data: { id, kind, label }, selectable: false, draggable: false, connectable: false,
  }));
  const beside = Object.entries(graph.drawn || {}).map(([id, { kind, at: [x, y] }]) => {
    const known = old.get(id);
    if (!known) return { id, type: "drawn", position: { x, y }, data: {}, connectable: false, zIndex: kind === "group" ? -2 : -1, dragHandle: ".ff-drawn-head", className: `is-${kind}`, selected: false };
    if (known.dragging || (known.position.x === x && known.position.y === y)) return known;
    return { ...known, position: { x, y } };
  });
  return beside.concat(Object.entries(graph.nodes).map(([id, { position: [x, y] }]) => {
    const known = old.get(id);
    if (!known) return { id, type: "box", position: { x, y }, data: {}, selected: false };
    if (known.dragging || (known.position.x === x && known.position.y === y)) return known;
    return { ...known, position: { x, y } };
  }), shadows);
}

export function drawnEdges(previous, graph, { hovered, readOnly }) {
  const old = new Map(previous.map((edge) => [edge.id, edge]));
  return graph.edges.filter((e) => graph.nodes[e.source] && graph.nodes[e.target]).map((edge) => {
    const id = edgeId(edge);
    const known = old.get(id);
    const isHovered = hovered === id;
    if (known && known.data.hovered === isHovered && known.data.readOnly === readOnly) return known;
    return {
      ...(known || { id, type: "flow", source: edge.source, sourceHandle: edge.from, target: edge.target, targetHandle: edge.to }),
      data: { hovered: isHovered, readOnly },
    };
  });
}
