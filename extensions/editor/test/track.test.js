// What the marks of an execution say, at any moment of it. Run by `npm test`.

import assert from "node:assert/strict";
import { test } from "node:test";
import { criticalPath, piecesOf, rowsOf, statusesAt, fineTime, ticks, visibleIn, waysAt } from "../src/viewer/track.js";

let seq = 0;
const visit = (n, node, from, to, more = {}) => ({ n, node, tries: [], cause: [], port: "out", items: null, marks: [[++seq, from, "running"], ...(to === null ? [] : [[++seq, to, "succeeded"]])], ...more });

test("a node is at each moment as its latest visit was", () => {
  seq = 0;
  const visits = [visit(1, "a", 0, 1), visit(2, "b", 1, 2, { cause: [1] }), visit(3, "a", 2, null, { cause: [2] })];
  assert.deepEqual(Object.keys(statusesAt(visits, { seq: 2 })), ["a"]);
  assert.equal(statusesAt(visits, { seq: 2 }).a.duration, 1);
  assert.equal(statusesAt(visits, { seq: 5 }).a.state, "running");
  assert.equal(statusesAt(visits, { seq: 5 }).a.visits, 2);
  assert.equal(statusesAt(visits, { seq: 3, nodes: ["z"], isFinished: true }).z.state, "skipped");
  assert.equal(statusesAt(visits, { seq: 4, waiting: [{ node: "a" }] }).a.state, "queued");
});

test("an attempt that failed is told while the next is waited for, and counted after it", () => {
  const retried = { n: 1, node: "a", cause: [], tries: [[2, "no answer"]], marks: [[1, 0, "running"], [2, 1, "retrying"], [3, 3, "running"], [4, 4, "succeeded"]], port: "out", items: 5 };
  assert.deepEqual([statusesAt([retried], { seq: 2 }).a.state, statusesAt([retried], { seq: 2 }).a.error], ["waiting", "no answer"]);
  assert.equal(statusesAt([retried], { seq: 3 }).a.attempt, 2);
  assert.equal(statusesAt([retried], {}).a.duration, 4);
  assert.deepEqual(piecesOf(retried, 9), [{ from: 0, to: 1, kind: "tried" }, { from: 1, to: 3, kind: "retrying" }, { from: 3, to: 4, kind: "running" }]);
  assert.deepEqual(piecesOf(retried, 2, 2).at(-1), { from: 1, to: 2, kind: "retrying" });
});

test("an edge tells how often it was taken and what went along it, until that moment", () => {
  seq = 0;
  const loop = visit(1, "each", 0, null, { turns: [2, 3], marks: [[1, 0, "running"], [2, 0, "looping"], [9, 5, "succeeded"]], port: "done" });
  assert.deepEqual(waysAt([loop], 3), { "each.body": { count: 2, items: null } });
  assert.deepEqual(Object.keys(waysAt([loop])), ["each.done", "each.body"]);
  assert.deepEqual(waysAt([visit(2, "load", 0, 1, { items: 7 })]), { "load.out": { count: 1, items: 7 } });
});

test("the critical path goes back by what was waited for longest", () => {
  const visits = [visit(1, "start", 0, 1), visit(2, "quick", 1, 2, { cause: [1] }), visit(3, "slow", 1, 5, { cause: [1] }), visit(4, "meet", 5, 6, { cause: [2, 3] })];
  assert.deepEqual([...criticalPath(visits)].sort(), [1, 3, 4]);
});

test("the critical path goes through the turns of a loop, and ends where nothing was done", () => {
  const inTurn = (index) => ({ cause: [2], scope: [[2, index]] });
  const visits = [visit(1, "start", 0, 1), visit(2, "each", 1, 7, { cause: [1], turns: [1, 2] }), visit(3, "work", 1, 3, inTurn(0)), visit(4, "work", 3, 7, inTurn(1)), visit(5, "end", 7, 8, { cause: [2] })];
  assert.deepEqual([...criticalPath(visits)].sort(), [1, 2, 3, 4, 5]);
  assert.equal(criticalPath([]).size, 0);
});

const round = (count) => {
  const visits = [visit(1, "each", 0, count, { turns: [] })];
  for (let at = 0; at < count; at += 1) visits.push(visit(at + 2, "work", at, at + 1, { cause: [1], scope: [[1, at]] }));
  const before = performance.now();
  assert.equal(criticalPath(visits).size, count + 1);
  assert.equal(rowsOf(visits, "nodes").length, 2);
  return performance.now() - before;
};

test("the time for a critical path and rows grows with the steps, not with their square", () => {
  const best = (count) => Math.min(...Array.from({ length: 5 }, () => round(count)));
  assert.ok(best(64000) < 80 * best(4000), "16 times as many steps");
});

test("visits of a node that ran at once lie below one another, others side by side", () => {
  const rows = rowsOf([visit(1, "a", 0, 2), visit(2, "a", 1, 3), visit(3, "a", 2, 4), visit(4, "b", 0, 1)], "nodes");
  assert.deepEqual(rows.map((row) => [row.key, row.visits.map((one) => one.n)]), [["a/0", [1, 3]], ["a/1", [2]], ["b/0", [4]]]);
});

test("bars too near to tell apart are one, but none that failed", () => {
  const list = Array.from({ length: 100 }, (_, at) => visit(at, "a", at, at + 0.5, at === 50 ? { error: { title: "x" } } : {}));
  const bars = visibleIn(list, 0, 100, 1);
  assert.ok(bars.length < 12);
  assert.equal(bars.reduce((sum, bar) => sum + bar.count, 0), 100);
  assert.ok(bars.some((bar) => bar.visit.error && bar.start === 50));
  assert.deepEqual(visibleIn(list, 10, 12, 0).map((bar) => bar.start), [10, 11, 12]);
});

test("ticks are at round numbers", () => {
  assert.deepEqual(ticks(0, 1, 5), [0, 0.2, 0.4, 0.6000000000000001, 0.8, 1]);
  assert.deepEqual(ticks(0, 3600, 6), [0, 600, 1200, 1800, 2400, 3000, 3600]);
  assert.deepEqual(ticks(0, 0, 6), [0]);
  assert.deepEqual([0, 0.0005, 0.001].map((at) => fineTime(at, 0.0005)), ["0", "0.5 ms", "1.0 ms"]);
  assert.deepEqual([1.02, 1.04].map((at) => fineTime(at, 0.02)), ["1.02 s", "1.04 s"]);
  assert.equal(fineTime(0.2, 0.1), null);
});
