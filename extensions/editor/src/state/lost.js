// Ports that only an edge still names, because a config change took them away. Reckoned once a graph.

const known = new WeakMap();

/** Return a map from node id to the `inputs` and `outputs` that are missing on it; nodes without any are absent. */
export function lostPorts(graph) {
  if (!known.has(graph)) known.set(graph, find(graph));
  return known.get(graph);
}

function find(graph) {
  const lost = new Map();
  const note = (id, side, name) => {
    const ports = graph.nodes[id]?.ports;
    if (!ports || ports[side].some((port) => port.name === name)) return;
    if (!lost.has(id)) lost.set(id, { inputs: [], outputs: [] });
    const entry = lost.get(id)[side];
    if (!entry.some((port) => port.name === name)) entry.push({ name, title: name, type: "any", missing: true });
  };
  for (const edge of graph.edges) {
    note(edge.source, "outputs", edge.from);
    note(edge.target, "inputs", edge.to);
  }
  return lost;
}

const taken = new WeakMap();

/** Return `node.port` of every output that leads somewhere. */
export function takenPorts(graph) {
  if (!taken.has(graph.edges)) taken.set(graph.edges, new Set(graph.edges.map((edge) => `${edge.source}.${edge.from}`)));
  return taken.get(graph.edges);
}
