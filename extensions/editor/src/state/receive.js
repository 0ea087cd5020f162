// What Python says, and what becomes of it here. One function a message; unknown messages are ignored.

// What a host may ask for on behalf of the menus around it.
const ACTS = {
  undo: (session) => session.undo(),
  redo: (session) => session.redo(),
  run: (session) => session.run(),
  layout: (session) => session.layout(),
};

const RECEIVE = {
  state(session, message) {
    if (session.state.ready) return; // a slow answer to a second hello knows nothing of what was drawn since
    const types = message.catalogue.types;
    session.replica.correct(message.graph);
    session.set({
      ready: true,
      catalogue: { ...message.catalogue, byKind: Object.fromEntries(types.map((type) => [type.kind, type])) },
      statuses: message.statuses,
      run: message.run,
      file: message.file,
      readOnly: message.read_only,
      canRun: message.can_run,
      canTry: Boolean(message.can_try),
      breakpoints: message.breakpoints || {},
      ...problems(message.problems),
    });
    session.showGraph();
    if (message.can_try) session.send({ kind: "pins" });
  },

  confirmed: (session, message) => session.replica.confirm(message.seq),

  ops(session, message) {
    for (const op of message.ops) if (op.op === "rename") session.followRename(op.node, op.to);
    session.replica.merge(message.ops);
    session.showGraph();
  },

  graph(session, message) {
    const before = session.graph;
    session.replica.correct(message.graph, message.seq ?? undefined);
    if (message.reloaded) session.noteReload(before);
    session.showGraph();
    if (message.reason) session.notify(message.reason, "error");
  },

  ports(session, message) {
    session.replica.merge(Object.entries(message.ports).map(([node, ports]) => ({ op: "ports", node, ports })));
    session.showGraph();
  },

  problems: (session, message) => session.set(problems(message.problems)),

  file: (session, message) => session.set({ file: message.file }),

  statuses(session, message) {
    session.set(({ statuses, open, tab }) => {
      const next = message.fresh ? { ...message.statuses } : { ...statuses, ...message.statuses };
      if (open && tab === "data" && message.statuses[open]) session.inspect(open);
      return { statuses: next, ...(message.fresh ? { details: {} } : {}) };
    });
  },

  run: (session, message) => session.set(({ open }) => {
    if (message.run.finished_at && open) session.askNames(open);
    return { run: message.run, ...(message.run.finished_at ? { values: {} } : {}) };
  }),

  detail: (session, message) =>
    session.set(({ details }) => ({ details: { ...details, [message.node]: message.detail } })),

  names: (session, message) => session.set(({ names }) => ({ names: { ...names, [message.node]: message.names } })),

  notebook: (session, message) => session.set(({ notebooks }) => ({ notebooks: { ...notebooks, [message.name]: message.takes } })),

  value: (session, message) => session.set(({ values }) => ({ values: { ...values, [`${message.node} ${message.text}`]: message } })),

  breakpoints: (session, message) => session.set({ breakpoints: message.breakpoints }),

  pins: (session, message) => session.set({ pins: message.pins }),

  versions: (session, message) => session.set({ versions: message.versions }),

  difference(session, message) {
    const of = {};
    for (const change of message.changes) if (change.what === "node" || change.what === "edge") (of[change.node] ||= []).push(change);
    session.set({ difference: { ...message, of }, drawer: "difference" });
  },

  part: (session, message) => session.onPart?.(message),

  act: (session, message) => ACTS[message.act]?.(session),

  notice: (session, message) => session.notify(message.text, message.tone, { detail: message.detail }),
};

export function receive(session, message) {
  const isForOthers = (message?.to && message.to !== session.client) || (message?.but && message.but === session.client);
  if (!isForOthers) RECEIVE[message?.kind]?.(session, message);
}

function problems(list) {
  const problemsOf = {};
  for (const problem of list) (problemsOf[problem.node || ""] ||= []).push(problem);
  return { problems: list, problemsOf };
}
