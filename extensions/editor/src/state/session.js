// The controller of one view: keeps the store, talks to Python, and offers the edits that the screen is made of.

import { applyOps, edgeId, emptyGraph, invertOps } from "./ops.js";
import { freeId, pasteOps, readFragment, writeFragment } from "./fragment.js";
import { History } from "./history.js";
import { Hosted } from "./hosting.js";
import { loadPreferences } from "./preferences.js";
import { aligned } from "./align.js";
import { freeDrawnId, groupAround, moveOps, placed } from "./drawn.js";
import { arrange, freeSpot, roomOf } from "./layout.js";
import { receive } from "./receive.js";
import { refusal } from "./ports.js";
import { Replica } from "./replica.js";

const initial = () => ({
  ready: false,
  catalogue: { types: [], byKind: {} },
  graph: emptyGraph(),
  problems: [],
  problemsOf: {},
  statuses: {},
  run: null,
  file: { name: "", dirty: false, conflict: false },
  readOnly: false,
  canRun: false,
  selected: [],
  selectedEdges: [],
  selectedDrawn: [],
  fresh: null,
  breakpoints: {},
  open: null,
  tab: "config",
  focusField: null,
  drawer: null,
  quickAdd: null,
  dialog: null,
  notices: [],
  names: {},
  notebooks: {},
  values: {},
  pins: {},
  canTry: false,
  versions: null,
  difference: null,
  details: {},
  canUndo: false,
  canRedo: false,
  preferences: loadPreferences(),
});

export class Session extends Hosted {
  constructor(host) {
    super(host, initial(), receive);
    this.replica = new Replica(emptyGraph());
    this.history = new History();
    this.givenInputs = {}; // what a run was last started with
  }

  get graph() {
    return this.replica.graph;
  }

  // ---- edits -------------------------------------------------------------------------------------------------

  /** Apply an edit here at once and tell Python. `key` joins quick edits of one field into one undo step. */
  edit(ops, { key = "", label = "" } = {}) {
    if (this.state.readOnly || !ops.length) return false;
    this.history.push(invertOps(this.graph, ops), ops, { key, label });
    this.#apply(ops);
    return true;
  }

  #apply(ops) {
    const renamed = ops.filter((op) => op.op === "rename");
    const seq = this.replica.edit(ops);
    this.send({ kind: "ops", seq, ops });
    for (const op of renamed) this.followRename(op.node, op.to);
    this.showGraph({ file: { ...this.state.file, dirty: true } });
  }

  /** Put the replica's graph on screen, and forget what no longer exists. */
  showGraph(more = {}) {
    const graph = this.graph;
    const { open, selected } = this.state;
    this.set({
      graph,
      open: open && open !== "workflow" && !graph.nodes[open] ? null : open,
      selected: selected.every((id) => graph.nodes[id]) ? selected : selected.filter((id) => graph.nodes[id]),
      canUndo: this.history.canUndo,
      canRedo: this.history.canRedo,
      ...more,
    });
  }

  followRename(from, to) {
    this.history.rename(from, to);
    const { open, selected, statuses, details } = this.state;
    const move = (map) => (map[from] ? Object.fromEntries(Object.entries(map).map(([k, v]) => [k === from ? to : k, v])) : map);
    this.set({
      open: open === from ? to : open,
      selected: selected.map((id) => (id === from ? to : id)),
      statuses: move(statuses),
      details: move(details),
    });
    if (selected.includes(from)) queueMicrotask(() => this.canvas?.select([to]));
  }

  undo() {
    this.#travel(this.history.undo());
  }

  redo() {
    this.#travel(this.history.redo());
  }

  #travel(ops) {
    if (!ops || this.state.readOnly) return;
    this.#apply(ops);
  }

  /** Add a node of `kind`; with `from`, also the edge that leads to it (or, from an input, the edge from it). */
  addNode(kind, { at, from, config = {} } = {}) {
    const type = this.state.catalogue.byKind[kind];
    if (!type) return null;
    const id = freeId(new Set(Object.keys(this.graph.nodes)), kind.split(".").pop());
    const position = (at || this.#freePlace()).map(Math.round);
    const ops = [{ op: "add_node", id, node: { kind, config, position, ports: type.ports } }];
    const edge = from && joining(applyOps(this.graph, ops), from, id);
    if (edge) ops.push({ op: "connect", edge });
    if (!this.edit(ops, { label: `Add ${type.title}` })) return null;
    this.rememberUse(kind);
    this.canvas?.select([id]);
    return id;
  }

  #freePlace() {
    const [x, y] = this.canvas?.center() || [0, 0];
    return freeSpot([x, y], this.graph, this.canvas?.sizes() || {});
  }

  connect(edge) {
    const reason = refusal(this.graph, edge);
    if (reason) {
      this.notify(reason, "warning");
      return false;
    }
    return this.edit([{ op: "connect", edge }], { label: "Connect" });
  }

  /** Put a node into the middle of an edge. */
  insertInto(edge, kind, at) {
    const id = this.addNode(kind, { at, from: { node: edge.source, port: edge.from, side: "source" } });
    if (!id) return;
    const output = this.graph.nodes[id].ports?.outputs?.find((port) => port.type !== "error");
    const ops = [{ op: "disconnect", edge }];
    if (output) ops.push({ op: "connect", edge: { source: id, from: output.name, target: edge.target, to: edge.to } });
    this.edit(ops, { label: "Insert" });
  }

  removeSelected() {
    const { selected, selectedEdges, selectedDrawn, graph } = this.state;
    const edges = graph.edges.filter((e) => selectedEdges.includes(edgeId(e)));
    const ops = selectedDrawn.filter((id) => graph.drawn?.[id]).map((id) => ({ op: "draw", id, set: null }));
    if (selected.length || edges.length) ops.unshift({ op: "remove", nodes: selected, edges });
    this.edit(ops, { label: "Delete" });
  }

  // ---- groups and notes --------------------------------------------------------------------------------------

  /** Put a frame around what is selected, or an empty one on the canvas. */
  addGroup() {
    const { selected } = this.state;
    this.#draw(groupAround(this.graph, selected, this.canvas?.sizes() || {}, this.#middle()), "Group");
  }

  addNote() {
    const at = this.pointer ? this.canvas?.flowPoint(this.pointer) : null;
    this.#draw(placed("note", at || this.#middle()), "Note");
  }

  #middle() {
    const [x, y] = this.canvas?.center() || [0, 0];
    return [x + 104, y + 32];
  }

  #draw(set, label) {
    const id = freeDrawnId(this.graph);
    if (this.edit([{ op: "draw", id, set }], { label })) this.set({ fresh: id });
  }

  moveFrame(id, by, held) {
    this.edit(moveOps(this.graph, id, by, held), { label: "Move" });
  }

  removeDrawn(ids) {
    this.edit(ids.map((id) => ({ op: "draw", id, set: null })), { label: "Delete" });
  }

  /** Disable the nodes, or enable them where all are disabled. */
  toggleDisabled(ids = this.state.selected) {
    const known = ids.filter((id) => this.graph.nodes[id]);
    const isOff = known.every((id) => this.graph.nodes[id].disabled);
    const change = isOff ? { set: {}, unset: ["disabled"] } : { set: { disabled: true }, unset: [] };
    this.edit(known.map((node) => ({ op: "settings", node, ...change })), { label: isOff ? "Enable" : "Disable" });
  }

  nudge(dx, dy) {
    const { selected } = this.state;
    const positions = {};
    for (const id of selected) {
      const [x, y] = this.graph.nodes[id].position;
      positions[id] = [x + dx, y + dy];
    }
    if (selected.length) this.edit([{ op: "move", positions }], { key: `nudge:${selected.join()}` });
  }

  setConfig(node, config, field = "") {
    this.edit([{ op: "config", node, config }], { key: `config:${node}:${field}` });
  }

  setSettings(node, set, unset = []) {
    const key = `settings:${node}:${Object.keys(set).concat(unset).join()}`;
    this.edit([{ op: "settings", node, set, unset }], { key });
  }

  setWorkflow(set, unset = []) {
    this.edit([{ op: "workflow", set, unset }], { key: `workflow:${Object.keys(set).concat(unset).join()}` });
  }

  rename(node, to) {
    if (node !== to) this.edit([{ op: "rename", node, to }], { label: "Rename" });
  }

  // ---- clipboard ---------------------------------------------------------------------------------------------

  copyText() {
    const { selected } = this.state;
    return selected.length ? writeFragment(this.graph, selected) : null;
  }

  pasteText(text, at) {
    const fragment = readFragment(text);
    if (!fragment || !Object.keys(fragment.nodes).length) return false;
    return this.#paste(fragment, at);
  }

  #paste(fragment, at) {
    const sizes = this.canvas?.sizes() || {};
    const room = roomOf(fragment.nodes, sizes);
    const { ops, ids } = pasteOps(this.graph, fragment, freeSpot(at || [room.left, room.top], this.graph, sizes, room));
    const done = this.edit(ops, { label: "Paste" });
    if (done) this.canvas?.select(ids);
    if (done && this.graph.nodes[this.state.open]) this.set({ open: ids.length === 1 ? ids[0] : null }); // the form follows the selection
    return done;
  }

  duplicate() {
    const { selected } = this.state;
    if (!selected.length) return;
    this.#paste(readFragment(writeFragment(this.graph, selected)));
  }

  layout() {
    const { selected } = this.state;
    const ids = selected.length > 1 ? selected : Object.keys(this.graph.nodes);
    if (!ids.length) return;
    this.edit([{ op: "move", positions: arrange(this.graph, ids, this.canvas?.sizes()) }], { label: "Arrange" });
    setTimeout(() => this.canvas?.fit(), 60);
  }

  // ---- file and run ------------------------------------------------------------------------------------------

  save({ force = false } = {}) {
    if (!this.state.readOnly) this.send({ kind: "save", force });
  }

  reload() {
    this.send({ kind: "reload" });
  }

  /** The file was read again: undo brings back what was on screen `before`. */
  noteReload(before) {
    if (JSON.stringify(before) === JSON.stringify(this.graph)) return; // the file has only got another name
    this.history.push([{ op: "set_graph", graph: before }], [{ op: "set_graph", graph: this.graph }], { label: "Reload" });
  }

  /** Ask whether the file was changed by somebody else; at most every two seconds. */
  checkFile() {
    const now = performance.now();
    if (!this.state.ready || now - (this.checkedAt || -1e9) < 2000) return;
    this.checkedAt = now;
    this.send({ kind: "check" });
  }

  run(inputs) {
    if (this.state.runUntil && inputs) return this.runPart(this.state.runUntil, { inputs });
    const asked = Object.keys(this.graph.inputs || {});
    if (asked.length && !inputs) return this.set({ dialog: "run" });
    if (inputs) this.givenInputs = inputs; // a start that is refused is tried again with what was typed
    const isWrong = this.state.problems.some((problem) => problem.severity !== "warning");
    this.set({ dialog: null, ...(isWrong ? { drawer: "problems" } : {}) });
    this.send({ kind: "run", inputs: inputs || {} });
  }

  cancel() {
    this.send({ kind: "cancel" });
  }

  inspect(node) {
    this.send({ kind: "inspect", node });
  }

  // ---- trials ------------------------------------------------------------------------------------------------

  /** Ask what an expression gives with the values of the last execution. */
  evaluate(node, text, template) {
    if (this.state.canTry) this.send({ kind: "evaluate", node, text, template });
  }

  runPart(node, { alone = false, inputs } = {}) {
    const asked = Object.keys(this.graph.inputs || {});
    if (!alone && asked.length && !inputs) return this.set({ dialog: "run", runUntil: node });
    this.set({ dialog: null, runUntil: null });
    this.send({ kind: "run_part", node, alone, inputs: inputs || {} });
  }

  /** Let runs of this editor stop before a node: always, or where a condition holds; `null` for never. */
  setBreakpoint(node, condition) {
    this.send({ kind: "breakpoint", node, condition });
  }

  toggleBreakpoint(node) {
    this.setBreakpoint(node, node in this.state.breakpoints ? null : "");
  }

  goOn(isStep = false) {
    if (this.state.run?.state === "paused") this.send({ kind: "steer", is_step: isStep });
    this.focus?.(); // the button that was pressed goes, and must not take the keys along
  }

  togglePin(node) {
    this.send({ kind: "pin", node, off: node in this.state.pins });
  }

  askVersions() {
    this.set({ dialog: "versions", versions: null });
    this.send({ kind: "versions" });
  }

  compare(against) {
    this.set({ dialog: null });
    this.focus?.();
    this.send({ kind: "difference", against });
  }

  /** Put the selected nodes in one line: `left`, `right`, `top`, `bottom`, `middle` or `centre`; or at equal gaps. */
  align(how) {
    const positions = aligned(this.graph, this.state.selected, how, this.canvas?.sizes());
    if (Object.keys(positions).length) this.edit([{ op: "move", positions }], { label: "Align" });
  }

  askNames(node) {
    this.send({ kind: "names", node });
  }

  // ---- screen ------------------------------------------------------------------------------------------------

  openNode(id, { tab, field } = {}) {
    const status = this.state.statuses[id];
    this.set({ open: id, tab: tab || (status && this.state.tab === "data" ? "data" : "config"), focusField: field || null });
  }

  /** Lead to a problem: its node on the canvas, its field in the form. */
  showProblem(problem) {
    if (!problem.node || !this.graph.nodes[problem.node]) return this.set({ open: "workflow", tab: "config" });
    this.canvas?.reveal([problem.node]);
    this.canvas?.select([problem.node]);
    const field = problem.field || "";
    this.openNode(problem.node, { tab: /^(retry|timeout|on_crash|continue_with)/.test(field) ? "settings" : "config", field });
  }

  rememberUse(kind) {
    const { recent } = this.state.preferences;
    this.setPreferences({ recent: [kind, ...recent.filter((other) => other !== kind)].slice(0, 5) });
  }

  toggleFavourite(kind) {
    const { favourites } = this.state.preferences;
    const without = favourites.filter((other) => other !== kind);
    this.setPreferences({ favourites: without.length === favourites.length ? [...favourites, kind] : without });
  }
}

/** Return the edge between an open end and the new node `id`, or null if no port of it fits. */
function joining(graph, from, id) {
  const candidates = from.side === "target"
    ? (graph.nodes[id].ports?.outputs || []).map((p) => ({ source: id, from: p.name, target: from.node, to: from.port }))
    : (graph.nodes[id].ports?.inputs || []).map((p) => ({ source: from.node, from: from.port, target: id, to: p.name }));
  return candidates.find((edge) => !refusal(graph, edge)) || null;
}
