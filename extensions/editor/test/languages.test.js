// What the code editor tells apart in SQL, JSON and Python.

import assert from "node:assert/strict";
import { test } from "node:test";
import { highlightTree, tagHighlighter, tags } from "@lezer/highlight";
import { json, python, sql } from "../src/code/languages.js";

const KINDS = tagHighlighter([
  { tag: tags.keyword, class: "word" }, { tag: tags.string, class: "text" }, { tag: tags.number, class: "number" }, { tag: tags.comment, class: "comment" },
  { tag: tags.bool, class: "atom" }, { tag: tags.function(tags.variableName), class: "call" }, { tag: tags.typeName, class: "type" }, { tag: tags.propertyName, class: "key" },
]);

function kindsIn(language, text) {
  const found = [];
  highlightTree(language.parser.parse(text), KINDS, (from, to, kind) => found.push([text.slice(from, to), kind]));
  return found;
}

test("SQL is told apart, also over lines", () => {
  const text = "SELECT count(*), 'it''s' -- note\nFROM \"my table\" /* one\ntwo */ WHERE a > 1.5e3 AND b IS NULL::integer";
  assert.deepEqual(kindsIn(sql, text), [
    ["SELECT", "word"], ["count", "call"], ["'it''s'", "text"], ["-- note", "comment"], ["FROM", "word"], ["/* one", "comment"], ["two */", "comment"],
    ["WHERE", "word"], ["1.5e3", "number"], ["AND", "word"], ["IS", "word"], ["NULL", "atom"], ["integer", "type"],
  ]);
});

test("what is never closed ends with the text", () => {
  for (const text of ["select 'abc\ndef", "/* for\never", '"name', '{"a": "b', "'''", "def f(:\n  x ="]) for (const language of [sql, json, python]) assert.ok(language.parser.parse(text).length === text.length);
});

test("keys of JSON differ from its texts", () => {
  assert.deepEqual(kindsIn(json, '{"a\\"b": ["c", -1.5, true]}'), [['"a\\"b"', "key"], ['"c"', "text"], ["-1.5", "number"], ["true", "atom"]]);
});

test("Python has its words, texts and comments", () => {
  const found = Object.fromEntries(kindsIn(python, 'def f(x):\n    """text"""\n    return f"{x}" if x else None  # why'));
  assert.deepEqual([found.def, found.return, found['"""text"""'], found["# why"]], ["word", "word", "text", "comment"]);
});
