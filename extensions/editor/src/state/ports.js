// Which port may lead to which, and why not.

export const ERROR_PORT = "error";

const NAMES = { any: "any value", value: "a value", frame: "a table", error: "an error" };

export const typeName = (type) => NAMES[type] || type;

/** A type fits if either side takes anything, or both are the same. */
export const fits = (from, to) => from === "any" || to === "any" || from === to;

const find = (ports, name) => (ports || []).find((port) => port.name === name);

/** Return why an edge cannot be drawn, or null if it can. */
export function refusal(graph, edge) {
  const source = graph.nodes[edge.source];
  const target = graph.nodes[edge.target];
  if (!source || !target) return "One end of the connection is missing.";
  if (edge.source === edge.target) return "A node cannot lead to itself.";
  const output = find(source.ports?.outputs, edge.from);
  const input = find(target.ports?.inputs, edge.to);
  if (!output) return `${edge.source} has no output “${edge.from}”.`;
  if (!input) return `${edge.target} takes no input.`;
  if (graph.edges.some((e) => e.source === edge.source && e.from === edge.from && e.target === edge.target && e.to === edge.to)) {
    return "These ports are connected already.";
  }
  if (!fits(output.type, input.type)) {
    return `“${output.title || output.name}” gives ${typeName(output.type)}; “${input.title || input.name}” takes ${typeName(input.type)}.`;
  }
  return null;
}

/** Return the first input of `target` that the output of `source` may lead to, or null. */
export function firstFittingInput(graph, source, from, target) {
  const inputs = graph.nodes[target]?.ports?.inputs || [];
  return inputs.find((port) => !refusal(graph, { source, from, target, to: port.name })) || null;
}
