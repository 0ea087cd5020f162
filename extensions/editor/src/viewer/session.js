// The controller of one view of an execution: keeps what was recorded, the moment that is looked at, and what is
// selected; canvas, timeline and panel all read it. It offers the canvas what the editor's session does.

import { emptyGraph } from "../state/ops.js";
import { Hosted } from "../state/hosting.js";
import { loadPreferences } from "../state/preferences.js";
import { isOver, markAt, statusesAt, waysAt } from "./track.js";

const initial = () => ({
  ready: false, readOnly: true, canSteer: false, canRun: false,
  catalogue: { types: [], byKind: {} }, graph: emptyGraph(), problems: [], problemsOf: {}, names: {}, details: {},
  run: { marks: [], breakpoints: {} }, visits: [], kin: [], inputs: {}, statuses: {}, ways: {},
  seq: null, moment: null, steps: {}, values: [], comparison: null, others: null, sides: {}, ways_on: null,
  selected: [], selectedEdges: [], open: null, visit: null, tab: "execution", panel: null, quickAdd: null, dialog: null, notices: [], trail: [],
  timeline: { mode: "steps", critical: false, height: 230, isOpen: true },
  preferences: loadPreferences(),
});

export class ViewerSession extends Hosted {
  constructor(host) {
    super(host, initial(), receive);
    this.isViewer = true;
    this.byNumber = new Map();
    this.asking = null; // the moment that is being asked for, and whether to ask again
  }

  get graph() {
    return this.state.graph;
  }

  // ---- what is shown -----------------------------------------------------------------------------------------

  /** Reckon anew what depends on the recording and on the moment. */
  look(more = {}) {
    this.set((s) => {
      const next = { ...s, ...more };
      const seq = next.seq ?? Infinity;
      const finished = next.run.marks?.find(([, , state]) => isOver({ marks: [[0, 0, state]] }));
      const isFinished = Boolean(finished) && finished[0] <= seq;
      const waiting = next.moment && (next.moment.seq ?? null) === next.seq && !isFinished ? next.moment.waiting : [];
      const statuses = statusesAt(next.visits, { seq, nodes: Object.keys(next.graph.nodes), isFinished, waiting });
      return { ...more, statuses: kept(s.statuses, statuses), ways: waysAt(next.visits, seq) };
    });
  }

  get isLive() {
    const { run } = this.state;
    return run.finished_at === undefined;
  }

  visitOf(number) {
    return this.byNumber.get(number) || null;
  }

  /** Look at the execution as it was after the entry `seq`; null is as it is now. */
  travel(seq) {
    const last = this.state.run.seq || 1;
    const at = seq === null || (seq >= last && !this.isLive) ? null : Math.max(1, Math.min(Math.round(seq), last));
    if (at === this.state.seq) return;
    this.look({ seq: at });
    this.askMoment();
    this.askStep();
  }

  /** Look at the moment `seconds` after the start. */
  travelTo(seconds) {
    this.travel(this.seqAt(seconds));
  }

  seqAt(seconds) {
    let found = 1;
    for (const { marks } of [this.state.run, ...this.state.visits]) {
      for (const [seq, at] of marks) if (at <= seconds && seq > found) found = seq;
    }
    return found;
  }

  timeAt(seq) {
    let found = 0;
    for (const { marks } of [this.state.run, ...this.state.visits]) {
      for (const [at, seconds] of marks) if (at <= seq && seconds > found) found = seconds;
    }
    return found;
  }

  // ---- selection, shared by canvas, timeline and panel ---------------------------------------------------------

  openNode(id) {
    const visit = this.latestOf(id);
    this.set({ open: id, visit: visit?.n ?? null, tab: "step" });
    this.askStep();
  }

  latestOf(id) {
    const seq = this.state.seq ?? Infinity;
    return this.state.visits.findLast((visit) => visit.node === id && markAt(visit, seq)) || null;
  }

  openVisit(number) {
    const visit = this.visitOf(number);
    if (!visit) return;
    this.set({ open: visit.node, visit: number, tab: "step" });
    this.canvas?.select([visit.node]);
    this.canvas?.reveal([visit.node]);
    this.askStep();
  }

  close() {
    this.set({ open: null, visit: null, tab: "execution" });
    this.canvas?.select([]);
  }

  askStep() {
    const { visit, seq } = this.state;
    if (visit !== null) this.send({ kind: "step", visit, at: seq });
  }

  /** One question at a time: while a slider is dragged, only the latest place is asked for. */
  askMoment() {
    if (this.asking) {
      this.asking.again = true;
      return;
    }
    this.asking = { again: false };
    this.send({ kind: "moment", at: this.state.seq });
  }

  // ---- deeds -------------------------------------------------------------------------------------------------

  steer(deed, given = {}) {
    this.send({ kind: "steer", deed, given });
  }

  /** Ask how the execution can go on; with `isAsked` somebody wants to choose. */
  askWays({ isAsked = false } = {}) {
    this.set({ ways_on: null, ...(isAsked ? { dialog: "resume" } : {}) });
    this.send({ kind: "ways" });
  }

  /** Start it anew; where the workflow has changed since, somebody has to choose which. */
  restart() {
    this.restarting = this.state.run.execution_id;
    this.askWays();
  }

  toggleBreakpoint(node) {
    const { [node]: has, ...rest } = this.state.run.breakpoints || {};
    this.steer("breakpoints", { breakpoints: has === undefined ? { ...rest, [node]: "" } : rest });
  }

  setCondition(node, text) {
    this.steer("breakpoints", { breakpoints: { ...this.state.run.breakpoints, [node]: text } });
  }

  evaluate(text) {
    const { open, visit, seq, moment, run } = this.state;
    const node = open || run.stopped_at || moment?.waiting?.[0]?.node || "";
    this.send({ kind: "evaluate", text, node, visit: open ? visit : null, at: seq });
  }

  show(execution_id, { isBack = false } = {}) {
    const { run, trail } = this.state;
    this.set({ trail: isBack ? trail.slice(0, -1) : [...trail, run.execution_id] });
    this.send({ kind: "show", execution_id });
  }

  compare(execution_id) {
    this.set({ comparison: null, sides: {}, dialog: null, tab: "compare" });
    this.send({ kind: "compare", with: execution_id });
  }

  askSides(node) {
    const other = this.state.comparison?.with.id;
    if (other) this.send({ kind: "sides", node, with: other });
  }

  askNames() {}

  edit() {
    return false;
  }

  save() {}

  run() {}

  // ---- screen ------------------------------------------------------------------------------------------------

  setTimeline(change) {
    this.set(({ timeline }) => ({ timeline: { ...timeline, ...change } }));
  }
}

// What did not change stays the same object, so that only nodes that changed are drawn anew.
function kept(before, after) {
  for (const [node, status] of Object.entries(after)) {
    const old = before[node];
    if (old && sameStatus(old, status)) after[node] = old;
  }
  return after;
}

const sameStatus = (a, b) => {
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  for (const key of keys) if (a[key] !== b[key] && JSON.stringify(a[key]) !== JSON.stringify(b[key])) return false;
  return true;
};

// A timeline of few steps leaves its room to the canvas; one that still grows has its full height.
const fitting = (rows) => Math.min(230, 100 + 22 * rows);

const DONE = {
  fork: "Forked; this is the new execution",
  restart: "Started anew; this is the new execution",
  resume: "It goes on as this new execution",
};

const RECEIVE = {
  state(session, message) {
    const isOther = session.state.run.execution_id !== message.run.execution_id;
    session.byNumber = new Map(message.visits.map((visit) => [visit.n, visit]));
    const types = message.catalogue.types;
    const fresh = isOther ? { seq: null, moment: null, steps: {}, values: [], comparison: null, others: null, open: null, visit: null, tab: "execution", selected: [] } : {};
    if (!session.state.ready && message.visits.length > 60) fresh.timeline = { ...session.state.timeline, mode: "nodes" };
    if (!session.state.ready && message.run.finished_at !== undefined) fresh.timeline = { ...(fresh.timeline || session.state.timeline), height: fitting(message.visits.length) };
    session.asking = null;
    session.look({
      ...fresh, ready: true, catalogue: { types, byKind: Object.fromEntries(types.map((type) => [type.kind, type])) }, graph: message.graph,
      run: message.run, visits: message.visits, kin: message.kin, inputs: message.inputs, canSteer: !message.read_only,
    });
    session.askMoment();
    if (!message.read_only && message.run.finished_at === undefined) session.askWays();
    const failed = message.visits.findLast((visit) => visit.error && !visit.handled);
    if (isOther && failed && message.run.status === "failed") {
      session.set({ open: failed.node, visit: failed.n, tab: "step" });
      session.askStep();
    }
  },

  visits(session, message) {
    let isAdded = false;
    for (const visit of message.visits) {
      isAdded ||= !session.byNumber.has(visit.n);
      session.byNumber.set(visit.n, visit);
    }
    const visits = isAdded || message.visits.length ? [...session.byNumber.values()] : session.state.visits;
    const wasPaused = session.state.run.status === "paused";
    session.look({ visits, run: message.run });
    const { seq, visit, open } = session.state;
    if (seq !== null) return;
    if (message.run.status === "paused" || wasPaused || session.state.tab !== "step") session.askMoment();
    if (visit !== null && message.visits.some((one) => one.n === visit)) session.askStep();
    else if (open && message.visits.some((one) => one.node === open)) session.openNode(open);
  },

  moment(session, message) {
    const again = session.asking?.again;
    session.asking = null;
    if (again) session.askMoment();
    if ((message.seq ?? null) === session.state.seq) session.look({ moment: message });
  },

  step: (session, message) => session.set(({ steps }) => ({ steps: { ...steps, [message.visit]: message } })),

  value: (session, message) => session.set(({ values }) => ({ values: [message, ...values.filter((one) => one.text !== message.text)].slice(0, 20) })),

  comparison: (session, message) => session.set({ comparison: message, tab: "compare", sides: {} }),

  sides: (session, message) => session.set(({ sides }) => ({ sides: { ...sides, [message.node]: message } })),

  others: (session, message) => session.set({ others: message.executions }),

  ways(session, message) {
    if (message.of !== session.state.run.execution_id) return;
    session.set({ ways_on: message.ways });
    if (session.restarting !== message.of) return;
    session.restarting = null;
    if (message.ways.some((way) => way.is_mended)) session.set({ dialog: "resume" });
    else session.steer("restart");
  },

  done(session, message) {
    if (message.execution_id) {
      const isSame = message.execution_id === session.state.run.execution_id;
      session.notify(isSame ? "It goes on" : DONE[message.deed] || DONE.restart, "success");
      session.show(message.execution_id);
    }
  },

  notice: (session, message) => session.notify(message.text, message.tone),

  part: (session, message) => session.onPart?.(message),
};

function receive(session, message) {
  if (message?.to && message.to !== session.client) return;
  RECEIVE[message?.kind]?.(session, message);
}
