// The pure parts: operations, undo, copies, port rules, search, schemas. Run by `npm test`.

import assert from "node:assert/strict";
import { test } from "node:test";
import { firstSight } from "../src/canvas/firstSight.js";
import { aligned } from "../src/state/align.js";
import { namesAt } from "../src/code/templates.js";
import { freeDrawnId, groupAround, inside, moveOps, placed } from "../src/state/drawn.js";
import { freeId, pasteOps, readFragment, writeFragment } from "../src/state/fragment.js";
import { isMistyped, score, search } from "../src/state/fuzzy.js";
import { History } from "../src/state/history.js";
import { lostPorts } from "../src/state/lost.js";
import { applyOps, emptyGraph, invertOps } from "../src/state/ops.js";
import { refusal } from "../src/state/ports.js";
import { Replica } from "../src/state/replica.js";
import { controlOf, fieldsOf, jsonType, lengthOf, optional, problemsAt, seconds, startValue, titleOf, variantOf } from "../src/state/schema.js";

const port = (name, type = "any") => ({ name, title: name, type });
const node = (inputs = [port("in")], outputs = [port("out")], more = {}) => ({ kind: "x.y", config: {}, position: [0, 0], ports: { inputs, outputs }, ...more });
const edge = (source, target, from = "out", to = "in") => ({ source, from, target, to });
const graph = () => ({ ...emptyGraph(), nodes: { a: node(), b: node(), c: node() }, edges: [edge("a", "b"), edge("b", "c")], drawn: { _1: { kind: "group", text: "G", at: [-10, -10], size: [300, 150], color: "" } } });

test("every operation can be taken back", () => {
  const start = graph();
  const all = [
    [{ op: "add_node", id: "d", node: node() }],
    [{ op: "remove", nodes: ["b"], edges: [] }],
    [{ op: "remove", nodes: [], edges: [edge("a", "b")] }],
    [{ op: "move", positions: { a: [5, 6] } }],
    [{ op: "connect", edge: edge("a", "c") }],
    [{ op: "disconnect", edge: edge("a", "b") }],
    [{ op: "config", node: "a", config: { x: 1 } }],
    [{ op: "settings", node: "a", set: { label: "L" }, unset: ["notes"] }],
    [{ op: "rename", node: "a", to: "z" }],
    [{ op: "workflow", set: { name: "N" }, unset: ["description"] }],
    [{ op: "draw", id: "_2", set: placed("note", [0, 0]) }],
    [{ op: "draw", id: "_1", set: { text: "other", color: "red" } }],
    [{ op: "draw", id: "_1", set: null }],
  ];
  for (const ops of all) {
    const after = applyOps(start, ops);
    assert.notDeepEqual(after, start, ops[0].op);
    const back = applyOps(after, invertOps(start, ops));
    assert.deepEqual(new Set(back.edges.map(String)), new Set(start.edges.map(String)), ops[0].op);
    assert.deepEqual(back.nodes, start.nodes, ops[0].op);
    assert.deepEqual(back.drawn, start.drawn, ops[0].op);
  }
});

test("what did not change stays the same object", () => {
  const before = graph();
  const after = applyOps(before, [{ op: "config", node: "a", config: { x: 1 } }]);
  assert.equal(after.nodes.b, before.nodes.b);
  assert.equal(after.edges, before.edges);
});

test("quick edits of one field are one undo step, slow ones are two", () => {
  let now = 0;
  const history = new History(() => now);
  const at = (value) => [{ op: "config", node: "a", config: { value } }];
  history.push(at("old"), at("o1"), { key: "k" });
  now = 300;
  history.push(at("o1"), at("o2"), { key: "k" });
  now = 5000;
  history.push(at("o2"), at("o3"), { key: "k" });
  assert.deepEqual(history.undo(), at("o2"));
  assert.deepEqual(history.undo(), at("old"));
  assert.deepEqual(history.redo(), at("o2"));
  assert.equal(history.undo() && history.undo(), null);
});

test("undo follows a node that was renamed", () => {
  const history = new History(() => 0);
  history.push([{ op: "move", positions: { a: [0, 0] } }], [{ op: "move", positions: { a: [1, 1] } }]);
  history.rename("a", "z");
  assert.deepEqual(history.undo(), [{ op: "move", positions: { z: [0, 0] } }]);
});

test("copies end up alike when two views edit at once", () => {
  const mine = new Replica(graph());
  const theirs = new Replica(graph());
  const a = [{ op: "move", positions: { a: [1, 1] } }];
  const b = [{ op: "move", positions: { a: [2, 2] } }];
  const seqA = mine.edit(a);
  const seqB = theirs.edit(b);
  // Python took a, then b.
  mine.confirm(seqA);
  theirs.merge(a);
  theirs.confirm(seqB);
  mine.merge(b);
  assert.deepEqual(mine.graph.nodes.a.position, [2, 2]);
  assert.deepEqual(theirs.graph.nodes.a.position, [2, 2]);
});

test("a correction keeps the edits made after the refused one", () => {
  const replica = new Replica(graph());
  const refused = replica.edit([{ op: "remove", nodes: ["a"], edges: [] }]);
  replica.edit([{ op: "config", node: "b", config: { kept: true } }]);
  replica.correct(graph(), refused);
  assert.ok(replica.graph.nodes.a);
  assert.deepEqual(replica.graph.nodes.b.config, { kept: true });
});

test("ports fit when either takes anything or both are alike, and a refusal says why", () => {
  const rules = { ...emptyGraph(), edges: [], nodes: { t: node([], [port("out", "frame")]), f: node([port("in", "frame")]), v: node([port("in", "value")]), x: node() } };
  assert.equal(refusal(rules, edge("t", "f")), null);
  assert.equal(refusal(rules, edge("t", "x")), null);
  assert.match(refusal(rules, edge("t", "v")), /gives a table.*takes a value/);
  assert.match(refusal(rules, edge("x", "t")), /takes no input/);
  assert.match(refusal(rules, edge("x", "x")), /itself/);
  assert.match(refusal({ ...rules, edges: [edge("t", "f")] }, edge("t", "f")), /already/);
});

test("a port that only an edge still names is shown as lost", () => {
  const before = graph();
  const lost = lostPorts({ ...before, edges: [...before.edges, edge("a", "c", "gone")] });
  assert.deepEqual(lost.get("a").outputs.map((p) => [p.name, p.missing]), [["gone", true]]);
  assert.equal(lost.get("b"), undefined);
});

test("search finds by title, kind, keyword and scattered letters, the best first", () => {
  const types = [
    { kind: "sql.query", title: "SQL query", category: "SQL", keywords: ["database"] },
    { kind: "data.frame", title: "Data frame", category: "Data", keywords: ["pandas"] },
    { kind: "action.http_request", title: "HTTP request", category: "Actions", keywords: ["api", "url"] },
  ];
  const first = (query) => search(types, query)[0]?.title;
  assert.equal(first("data"), "Data frame");
  assert.equal(first("databas"), "SQL query");
  assert.equal(first("api"), "HTTP request");
  assert.equal(first("sqry"), "SQL query");
  assert.equal(first("zzz"), undefined);
  assert.equal(search(types, " ").length, 3);
  assert.ok(score("http", "HTTP request") > score("req", "HTTP request") || score("req", "HTTP request") > 0);
});

test("a pasted piece gets free ids and its expressions name the copies", () => {
  const before = graph();
  before.nodes.b = { ...before.nodes.b, config: { x: "{{ nodes.a.rows }} nodes.other" } };
  const fragment = readFragment(writeFragment(before, ["a", "b"]));
  const { ops, ids } = pasteOps(before, fragment, [100, 100]);
  assert.deepEqual(ids, ["a_2", "b_2"]);
  assert.equal(ops[1].node.config.x, "{{ nodes.a_2.rows }} nodes.other");
  assert.deepEqual(ops[2].edge, edge("a_2", "b_2"));
  assert.equal(freeId(new Set(["a", "a_2"]), "a"), "a_3");
  assert.equal(freeId(new Set(), "9 lives!"), "lives_");
});

test("foreign clipboard text is left alone", () => {
  for (const text of ["", "hello", "{}", '{"flowforge/fragment":1}', '{"flowforge/fragment":1,"nodes":{"a":{}},"edges":[]}']) assert.equal(readFragment(text), null, text);
});

test("schemas of pydantic lead to the right control", () => {
  const root = { $defs: { Colour: { enum: ["red"], type: "string" }, Login: { type: "object", properties: { user: { type: "string" } }, required: ["user"] } } };
  const control = (schema) => controlOf(optional(schema, root).schema);
  assert.equal(control({ anyOf: [{ type: "string" }, { type: "null" }] }), "string");
  assert.equal(control({ $ref: "#/$defs/Colour" }), "enum");
  assert.equal(control({ allOf: [{ $ref: "#/$defs/Colour" }], default: "red" }), "enum");
  assert.equal(control({ anyOf: [{ $ref: "#/$defs/Login" }, { type: "null" }] }), "object");
  assert.equal(control({ type: "object", additionalProperties: { type: "string" } }), "map");
  assert.equal(control({ type: "array", items: {} }), "list");
  assert.equal(control({ anyOf: [{ type: "integer" }, { type: "string" }] }), "union");
  assert.equal(control({ type: "string", format: "sql" }), "sql");
  assert.equal(control({ type: "string", format: "duration" }), "duration");
  assert.equal(control({}), "any");
  assert.equal(optional({ anyOf: [{ type: "string" }, { type: "null" }] }, root).nullable, true);
  const inUnion = { anyOf: [{ oneOf: [{ $ref: "#/$defs/Login" }, { type: "string" }] }, { type: "null" }], default: null };
  assert.equal(control(inUnion), "union");
  assert.equal(optional(inUnion, root).nullable, true);
});

test("fields know what is required and read well", () => {
  const schema = { properties: { max_rows: { title: "Max Rows", type: "integer", default: 3 }, url: { title: "URL", type: "string" } }, required: ["url"] };
  const [rows, url] = fieldsOf(schema, schema);
  assert.deepEqual([rows.title, rows.required, rows.fallback], ["Max rows", false, 3]);
  assert.deepEqual([url.title, url.required], ["URL", true]);
  assert.equal(titleOf("is_loud"), "Is loud");
  assert.equal(titleOf("max_memory_mb", "Max Memory Mb"), "Max memory MB");
  assert.equal(titleOf("url", "Url"), "URL");
});

test("a union knows its variant by constant, type and keys", () => {
  const square = { type: "object", properties: { shape: { const: "square" }, side: {} } };
  const circle = { type: "object", properties: { shape: { const: "circle" }, radius: {} } };
  const union = { variants: [square, circle, { type: "string" }, { type: "number" }] };
  assert.equal(variantOf(union, { shape: "circle" }, {}), 1);
  assert.equal(variantOf(union, "text", {}), 2);
  assert.equal(variantOf(union, 3, {}), 3);
  assert.deepEqual(startValue(circle, {}), { shape: "circle" });
});

test("problems are found at and below a field, whatever the way lists are written", () => {
  const problems = [{ field: "config.cases[0].when" }, { field: "config.cases.1" }, { field: "config.casesX" }, { field: "" }];
  assert.equal(problemsAt(problems, "config.cases").length, 2);
  assert.equal(problemsAt(problems, "config.cases.0.when").length, 1);
});

test("durations are read and written as people do", () => {
  assert.equal(seconds("1h30m"), 5400);
  assert.equal(seconds("500ms"), 0.5);
  assert.equal(seconds("soon"), null);
  assert.equal(lengthOf(5400), "1h30m");
  assert.equal(lengthOf(0.25), "250ms");
  assert.equal(jsonType([]), "array");
});

const row = (count, y = () => 0) => Array.from({ length: count }, (_, i) => ({ position: { x: i * 280, y: y(i) }, measured: { width: 208, height: 64 } }));
const room = { width: 900, height: 560 };

test("a small workflow opens whole and in the middle", () => {
  const { x, zoom } = firstSight(row(3), room);
  assert.equal(zoom, 1);
  assert.equal(x + ((2 * 280 + 208) / 2) * zoom, room.width / 2);
});

test("a long workflow opens readable at its beginning", () => {
  const { x, y, zoom } = firstSight(row(12, (i) => (i > 6 ? 300 : 0)), room);
  assert.ok(zoom >= 0.6);
  assert.ok(x >= 0 && x < 60);
  assert.ok(y >= 0 && y + 64 * zoom <= room.height);
});

test("a tall workflow opens where its triggers are, not above", () => {
  const nodes = row(2, (i) => (i ? 0 : 2000)).concat({ position: { x: 280, y: 4000 } });
  const { y, zoom } = firstSight(nodes, room);
  assert.ok(Math.abs(y + 2032 * zoom - room.height / 2) < 1);
});

test("a slip of the fingers is forgiven where nothing fits", () => {
  const types = [{ title: "Python code", kind: "python.code", category: "Python" }, { title: "Delay", kind: "flow.delay", category: "Flow", keywords: ["pause"] }];
  for (const slip of ["pyhton", "pythn", "pythoon", "pyzhon"]) assert.deepEqual(search(types, slip).map((type) => type.title), ["Python code"], slip);
  assert.deepEqual(search(types, "puase").map((type) => type.title), ["Delay"]);
  assert.ok(!isMistyped("zzzz", "Python code") && !isMistyped("pxt", "pat"));
});

test("a type is found by what it does, behind those that are called so", () => {
  const types = [{ kind: "logic.join", title: "Join", category: "Logic", keywords: [], summary: "Wait for several branches." }, { kind: "flow.delay", title: "Wait a while", category: "Flow", keywords: [], summary: "Go on later." }];
  assert.deepEqual(search(types, "wait").map((type) => type.title), ["Wait a while", "Join"]);
  assert.deepEqual(search(types, "several bran").map((type) => type.title), ["Join"]);
  assert.deepEqual(search(types, "join the several branches zzz").map((type) => type.title), ["Join"]); // most of it
  assert.deepEqual(search(types, "bran zzz"), []);
});

test("selected nodes come into one line, or get equal gaps", () => {
  const at = (x, y) => ({ ...node(), position: [x, y] });
  const graph = { ...emptyGraph(), nodes: { a: at(0, 0), b: at(300, 40), c: at(900, 10) } };
  const sizes = { a: { width: 200, height: 60 }, b: { width: 200, height: 60 }, c: { width: 200, height: 100 } };
  const all = ["a", "b", "c"];
  assert.deepEqual(aligned(graph, all, "top", sizes), { a: [0, 0], b: [300, 0], c: [900, 0] });
  assert.deepEqual(aligned(graph, all, "bottom", sizes), { a: [0, 50], b: [300, 50], c: [900, 10] });
  assert.deepEqual(aligned(graph, all, "right", sizes).a, [900, 0]);
  assert.deepEqual(aligned(graph, all, "across", sizes), { a: [0, 0], b: [450, 40], c: [900, 10] });
  assert.deepEqual(aligned(graph, ["a"], "left", sizes), {});
  assert.deepEqual(aligned(graph, ["a", "b"], "down", sizes), {});
});

test("names go on through lists, and functions are offered with the rest", () => {
  const names = [{ path: "nodes.rows.value[0].late", type: "integer", doc: "", sample: "12" }, { path: "len", type: "function", doc: "" }];
  assert.deepEqual(namesAt("nodes.rows.value[0].", names, { whole: true }).options, [{ label: "late", type: "integer", doc: "", sample: "12" }]);
  assert.deepEqual(namesAt("{{ le", names).options.map((option) => option.label), ["nodes", "len"]);
  assert.equal(namesAt("no braces", names), null);
});

test("a group stands around what was selected, and takes along what stands in it", () => {
  const start = { ...graph(), nodes: { a: node(), b: node(undefined, undefined, { position: [300, 100] }), c: node(undefined, undefined, { position: [2000, 0] }) } };
  const around = groupAround(start, ["a", "b"], { a: { width: 200, height: 60 } }, [0, 0]);
  assert.deepEqual([around.at, around.size], [[-24, -52], [556, 240]]);
  const id = freeDrawnId(start);
  const drawn = applyOps(start, [{ op: "draw", id, set: around }]);
  const held = inside(drawn, id, {});
  assert.deepEqual(held, { nodes: ["a", "b"], drawn: ["_1"] });
  const moved = applyOps(drawn, moveOps(drawn, id, [10, 5], held));
  assert.deepEqual([moved.drawn[id].at, moved.nodes.b.position, moved.nodes.c.position, moved.drawn._1.at], [[-14, -47], [310, 105], [2000, 0], [0, -5]]);
  assert.notEqual(freeDrawnId(drawn), id);
});
