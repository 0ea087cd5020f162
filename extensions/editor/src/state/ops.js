// The graph as the editor holds it, and the operations on it. Pure: nothing here touches the screen or the host.
//
// graph = { id, name, description, inputs, settings, nodes: { id: node }, edges: [edge] }
// node  = { kind, label?, config, position: [x, y], retry?, timeout?, on_crash?, continue_with?, notes?, ports }
// edge  = { source, from, target, to }
// drawn = { id: { kind: "group" | "note", text, at: [x, y], size: [width, height], color } }

export const emptyGraph = () => ({
  id: "workflow", name: "", description: "", inputs: {}, settings: {}, nodes: {}, edges: [], drawn: {},
});

export const edgeId = (edge) => `${edge.source}.${edge.from}>${edge.target}.${edge.to}`;

export const sameEdge = (a, b) => edgeId(a) === edgeId(b);

const withNode = (graph, id, change) =>
  graph.nodes[id] ? { ...graph, nodes: { ...graph.nodes, [id]: { ...graph.nodes[id], ...change } } } : graph;

const patched = (target, op) => {
  const next = { ...target, ...op.set };
  for (const key of op.unset || []) delete next[key];
  return next;
};

const APPLY = {
  add_node: (graph, op) => ({ ...graph, nodes: { ...graph.nodes, [op.id]: op.node } }),

  remove(graph, op) {
    const gone = new Set(op.nodes || []);
    const cut = new Set((op.edges || []).map(edgeId));
    return {
      ...graph,
      nodes: Object.fromEntries(Object.entries(graph.nodes).filter(([id]) => !gone.has(id))),
      edges: graph.edges.filter((e) => !gone.has(e.source) && !gone.has(e.target) && !cut.has(edgeId(e))),
    };
  },

  move(graph, op) {
    const nodes = { ...graph.nodes };
    for (const [id, position] of Object.entries(op.positions)) {
      if (nodes[id]) nodes[id] = { ...nodes[id], position };
    }
    return { ...graph, nodes };
  },

  connect(graph, op) {
    return graph.edges.some((e) => sameEdge(e, op.edge)) ? graph : { ...graph, edges: [...graph.edges, op.edge] };
  },

  disconnect: (graph, op) => ({ ...graph, edges: graph.edges.filter((e) => !sameEdge(e, op.edge)) }),

  config: (graph, op) => withNode(graph, op.node, { config: op.config }),

  settings(graph, op) {
    const node = graph.nodes[op.node];
    return node ? { ...graph, nodes: { ...graph.nodes, [op.node]: patched(node, op) } } : graph;
  },

  rename(graph, op) {
    const swap = (id) => (id === op.node ? op.to : id);
    return {
      ...graph,
      nodes: Object.fromEntries(Object.entries(graph.nodes).map(([id, node]) => [swap(id), node])),
      edges: graph.edges.map((e) => ({ ...e, source: swap(e.source), target: swap(e.target) })),
    };
  },

  workflow: (graph, op) => patched(graph, op),

  set_graph: (_graph, op) => op.graph,

  draw(graph, op) {
    const { [op.id]: was, ...others } = graph.drawn || {};
    return { ...graph, drawn: op.set === null ? others : { ...graph.drawn, [op.id]: { ...was, ...op.set } } };
  },

  ports: (graph, op) => withNode(graph, op.node, { ports: op.ports }),
};

/** Return the graph after one operation; the one given is left as it is. */
export function applyOp(graph, op) {
  const apply = APPLY[op.op];
  if (!apply) throw new Error(`unknown operation ${op.op}`);
  return apply(graph, op);
}

export const applyOps = (graph, ops) => ops.reduce(applyOp, graph);

const before = (target, op) => {
  const keys = [...Object.keys(op.set || {}), ...(op.unset || [])];
  const set = Object.fromEntries(keys.filter((k) => target?.[k] !== undefined).map((k) => [k, target[k]]));
  return { set, unset: keys.filter((k) => target?.[k] === undefined) };
};

const INVERT = {
  add_node: (_graph, op) => [{ op: "remove", nodes: [op.id], edges: [] }],

  remove(graph, op) {
    const after = applyOp(graph, op);
    const kept = new Set(after.edges.map(edgeId));
    const nodes = (op.nodes || []).filter((id) => graph.nodes[id]);
    return [
      ...nodes.map((id) => ({ op: "add_node", id, node: graph.nodes[id] })),
      ...graph.edges.filter((e) => !kept.has(edgeId(e))).map((edge) => ({ op: "connect", edge })),
    ];
  },

  move(graph, op) {
    const known = Object.keys(op.positions).filter((id) => graph.nodes[id]);
    return [{ op: "move", positions: Object.fromEntries(known.map((id) => [id, graph.nodes[id].position])) }];
  },

  connect: (graph, op) =>
    graph.edges.some((e) => sameEdge(e, op.edge)) ? [] : [{ op: "disconnect", edge: op.edge }],

  disconnect: (_graph, op) => [{ op: "connect", edge: op.edge }],

  config: (graph, op) => [{ op: "config", node: op.node, config: graph.nodes[op.node]?.config || {} }],

  settings: (graph, op) => [{ op: "settings", node: op.node, ...before(graph.nodes[op.node], op) }],

  rename: (_graph, op) => [{ op: "rename", node: op.to, to: op.node }],

  workflow: (graph, op) => [{ op: "workflow", ...before(graph, op) }],

  draw: (graph, op) => [{ op: "draw", id: op.id, set: graph.drawn?.[op.id] ?? null }],

  set_graph: (graph) => [{ op: "set_graph", graph }],

  ports: () => [],
};

/** Return the operations that take `ops` back when they are applied to the graph after them. */
export function invertOps(graph, ops) {
  let current = graph;
  const undo = [];
  for (const op of ops) {
    undo.unshift(...INVERT[op.op](current, op));
    current = applyOp(current, op);
  }
  return undo;
}

/** Return the operation with one node id replaced, so that a stack of them outlives a rename. */
export function renameInOp(op, from, to) {
  const swap = (id) => (id === from ? to : id);
  const edge = (e) => ({ ...e, source: swap(e.source), target: swap(e.target) });
  const next = { ...op };
  if (op.op === "add_node") next.id = swap(op.id);
  if ("node" in op && typeof op.node === "string") next.node = swap(op.node);
  if (op.nodes) next.nodes = op.nodes.map(swap);
  if (op.edge) next.edge = edge(op.edge);
  if (op.edges) next.edges = op.edges.map(edge);
  if (op.positions) {
    next.positions = Object.fromEntries(Object.entries(op.positions).map(([id, at]) => [swap(id), at]));
  }
  return next;
}
