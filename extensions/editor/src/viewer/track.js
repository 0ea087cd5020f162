// What the marks of an execution say: how each node stands at a moment, which edges were taken, the bars of a
// timeline, and the chain of steps that decided how long it took. Pure: nothing here touches the screen.
//
// visit = { n, node, marks: [[seq, seconds, state]], tries: [[seq, error]], cause: [n], scope?: [[n, index]], port?,
//           items?, error?, turns?: [seq], seeded?, took?, pinned?, progress?, until? }

const OVER = new Set(["succeeded", "failed", "cancelled"]);

/** Return the last mark of a visit at or before `seq`, or null if it had not begun. */
export function markAt(visit, seq = Infinity) {
  const { marks } = visit;
  for (let at = marks.length - 1; at >= 0; at -= 1) if (marks[at][0] <= seq) return marks[at];
  return null;
}

export const startOf = (visit) => visit.marks[0][1];

/** Return when a visit ended, or null while it has not. */
export function endOf(visit, seq = Infinity) {
  const mark = markAt(visit, seq);
  return mark && OVER.has(mark[2]) ? mark[1] : null;
}

export const isOver = (visit, seq) => OVER.has(markAt(visit, seq)?.[2]);

/** Return how a visit stands at `seq`, in the words of the canvas; `now` is seconds since the start. */
export function statusOf(visit, seq, now) {
  const mark = markAt(visit, seq);
  if (!mark) return null;
  const [, at, state] = mark;
  const attempt = 1 + visit.tries.filter(([tried]) => tried <= seq && (state !== "retrying" || tried < mark[0])).length;
  const over = OVER.has(state);
  const status = { state: state === "retrying" ? "waiting" : state, visit: visit.n, attempt, seeded: visit.seeded, pinned: visit.pinned };
  if (visit.seeded) status.duration = visit.took;
  else if (over) status.duration = at - startOf(visit);
  else status.since = startOf(visit);
  if (over) Object.assign(status, { port: visit.port, items: visit.items, error: visit.error?.title });
  if (state === "retrying") status.error = visit.tries.findLast(([tried]) => tried <= seq)?.[1];
  if (state === "looping") status.turn = visit.turns.filter((turn) => turn <= seq).length;
  if (!over && visit.progress && seq === Infinity) status.progress = visit.progress;
  return status;
}

/** Return the status of each node after the entry `seq`: that of its latest visit, and how many there were. */
export function statusesAt(visits, { seq = Infinity, nodes = [], isFinished = false, waiting = [] } = {}) {
  const statuses = {};
  for (const visit of visits) {
    const status = statusOf(visit, seq);
    if (!status) continue;
    const before = statuses[visit.node];
    statuses[visit.node] = { ...status, visits: (before?.visits || 0) + 1 };
  }
  for (const { node } of waiting) if (!statuses[node] || OVER.has(statuses[node].state)) statuses[node] = { ...statuses[node], state: "queued" };
  if (isFinished) for (const node of nodes) statuses[node] ||= { state: "skipped" };
  return statuses;
}

/** Return by `node.port` how often a way was taken until `seq`, and how many items went along it the last time. */
export function waysAt(visits, seq = Infinity) {
  const ways = {};
  const take = (key, count, items) => {
    const way = (ways[key] ||= { count: 0, items: null });
    way.count += count;
    way.items = items ?? way.items;
  };
  for (const visit of visits) {
    if (visit.port && isOver(visit, seq)) take(`${visit.node}.${visit.port}`, 1, visit.items);
    const turns = (visit.turns || []).filter((turn) => turn <= seq).length;
    if (turns) take(`${visit.node}.body`, turns, null);
  }
  return ways;
}

/** Return the pieces of a bar, `{from, to, kind}` in seconds; kind is a state, or `tried` for an attempt that failed. The last one goes on until `now`. */
export function piecesOf(visit, now, seq = Infinity) {
  const pieces = [];
  const marks = visit.marks.filter(([at]) => at <= seq);
  marks.forEach(([, from, state], index) => {
    if (OVER.has(state)) return;
    const next = marks[index + 1];
    const isTried = state === "running" && next?.[2] === "retrying";
    pieces.push({ from, to: next ? next[1] : Math.max(now, from), kind: isTried ? "tried" : state });
  });
  return pieces;
}

/**
 * Return the numbers of the visits that decided when the execution was over, from the last one back: of those that a
 * visit waited for the one that ended last; of a loop also the turns that it ended with.
 */
export function criticalPath(visits, seq = Infinity) {
  const byNumber = new Map(visits.map((visit) => [visit.n, visit]));
  const end = (visit) => endOf(visit, seq) ?? markAt(visit, seq)?.[1] ?? -1;
  const inner = innerOf(visits, end);
  const path = new Set();
  let here = visits.filter((visit) => markAt(visit, seq)).reduce((last, visit) => (!last || end(visit) >= end(last) ? visit : last), null);
  const entered = new Set();
  while (here) {
    path.add(here.n);
    here = before(here);
  }
  return path;

  function before(visit) {
    if (inner.has(visit.n) && !entered.has(visit.n)) {
      entered.add(visit.n);
      const last = latestBefore(inner.get(visit.n), end(visit), end);
      if (last && !path.has(last.n)) return last;
    }
    const causes = visit.cause.map((n) => byNumber.get(n)).filter((one) => one && !(path.has(one.n) && !inner.has(one.n)));
    const loop = causes.find((one) => inner.has(one.n) && visit.scope?.some(([n]) => n === one.n));
    if (loop) {
      entered.add(loop.n);
      const sibling = latestBefore(inner.get(loop.n), startOf(visit), end, path);
      if (sibling) return sibling;
      path.add(loop.n);
      return causesOf(loop);
    }
    return latest(causes);
  }

  function causesOf(visit) {
    return latest(visit.cause.map((n) => byNumber.get(n)).filter((one) => one && !path.has(one.n)));
  }

  function latest(list) {
    return list.filter((one) => !path.has(one.n)).reduce((last, one) => (!last || end(one) > end(last) ? one : last), null);
  }
}

/** Return the visits in each loop, in the order of their ends. */
function innerOf(visits, end) {
  const inner = new Map();
  for (const visit of visits) {
    const loop = visit.scope?.at(-1)?.[0];
    if (loop === undefined) continue;
    if (!inner.has(loop)) inner.set(loop, []);
    inner.get(loop).push(visit);
  }
  for (const list of inner.values()) list.sort((one, other) => end(one) - end(other));
  return inner;
}

/** Return the visit that ended last before a moment, of a list in the order of their ends. */
function latestBefore(list, moment, end, taken = new Set()) {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (end(list[middle]) <= moment + 1e-9) low = middle + 1;
    else high = middle;
  }
  while (low > 0 && taken.has(list[low - 1].n)) low -= 1;
  return list[low - 1] ?? null;
}

/** Return the rows of a timeline: a visit each, or all visits of a node, those at the same time below one another. */
export function rowsOf(visits, mode, nodes = []) {
  if (mode === "steps") return visits.map((visit) => ({ key: visit.n, node: visit.node, visits: [visit], depth: visit.scope?.length || 0 }));
  const lanes = new Map();
  for (const visit of visits) {
    if (!lanes.has(visit.node)) lanes.set(visit.node, []);
    const own = lanes.get(visit.node);
    const free = own.find((lane) => (endOf(lane.at(-1)) ?? Infinity) <= startOf(visit) + 1e-9);
    if (free) free.push(visit);
    else own.push([visit]);
  }
  const order = [...new Set([...[...lanes.keys()], ...nodes.filter((node) => lanes.has(node))])];
  return order.flatMap((node) => lanes.get(node).map((list, lane) => ({ key: `${node}/${lane}`, node, visits: list, depth: list[0].scope?.length || 0, lane })));
}

/** Return the visits of a row between two times; those nearer to one another than `gap` seconds become one. */
export function visibleIn(list, from, to, gap) {
  const found = [];
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((endOf(list[middle]) ?? Infinity) < from) low = middle + 1;
    else high = middle;
  }
  for (let at = low; at < list.length && startOf(list[at]) <= to; at += 1) {
    const visit = list[at];
    const last = found.at(-1);
    const end = endOf(visit);
    if (last && end !== null && last.end !== null && startOf(visit) - last.end < gap && end - startOf(visit) < gap && last.end - last.start < gap * 40 && !visit.error) {
      last.end = end;
      last.count += 1;
    } else found.push({ visit, start: startOf(visit), end, count: 1 });
  }
  return found;
}

/** Return the times of ticks between two times, about `count` of them, at round numbers. */
export function ticks(from, to, count) {
  const rough = (to - from) / Math.max(count, 1);
  if (!(rough > 0)) return [from];
  const power = 10 ** Math.floor(Math.log10(rough));
  const nice = rough >= 60 ? [60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400, 604800].find((step) => step >= rough) ?? power * 10 : [1, 2, 5, 10].map((m) => m * power).find((step) => step >= rough);
  const first = Math.ceil(from / nice - 1e-9) * nice;
  return Array.from({ length: Math.max(0, Math.floor((to - first) / nice + 1e-9) + 1) }, (_, index) => first + index * nice);
}

/** Return a time of an axis with as many digits as its steps need; null where a time is said as everywhere else. */
export function fineTime(at, step) {
  const digits = (unit) => Math.ceil(-Math.log10(step / unit) - 1e-9);
  if (at === 0) return "0";
  if (at < 1 && step < 0.001) return `${(at * 1000).toFixed(digits(0.001))} ms`;
  if (at >= 1 && at < 60 && step < 0.1) return `${at.toFixed(digits(1))} s`;
  return null;
}
