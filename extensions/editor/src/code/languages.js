// Python, SQL and JSON for the code editor, told apart token by token: a whole grammar of each weighs ten times as much.

import { StreamLanguage } from "@codemirror/language";
import { python as pythonTokens } from "@codemirror/legacy-modes/mode/python";

export const python = StreamLanguage.define(pythonTokens);

const words = (text) => new Set(text.split(" "));

const SQL_WORDS = words(
  "all alter analyze and anti any array as asc asof attach begin between by cascade case cast check collate column commit conflict constraint copy create cross cube current database default delete desc describe detach distinct do drop else end escape except exclude execute exists explain export extract filter first following for foreign from full function glob group grouping having if ilike import in index inner insert install intersect interval into is join key last lateral left like limit load macro materialized natural not nothing nulls of offset on or order outer over partition pivot positional pragma preceding primary qualify range recursive references rename replace returning right rollback rollup row rows sample schema select semi set sets show similar some struct summarize table temp temporary then ties to transaction trigger try_cast type unbounded union unique unpivot update using vacuum values view when where window with within without",
);
const SQL_TYPES = words("bigint blob bool boolean char date decimal double float hugeint int integer json jsonb list map numeric real serial smallint text time timestamp timestamptz tinyint uuid varchar");
const SQL_ATOMS = words("true false null");

export const sql = StreamLanguage.define({
  name: "sql",
  startState: () => ({ inComment: false, quote: "" }),
  token(stream, state) {
    if (state.inComment) return restOfComment(stream, state);
    if (state.quote) return restOfText(stream, state);
    if (stream.eatSpace()) return null;
    if (stream.match("--")) return stream.skipToEnd() || "comment";
    if (stream.match("/*")) return restOfComment(stream, Object.assign(state, { inComment: true }));
    if (stream.match(/^\d+(\.\d+)?(e[+-]?\d+)?/i)) return "number";
    const next = stream.next();
    if (next === "'" || next === '"') return restOfText(stream, Object.assign(state, { quote: next }));
    if (!/[a-z_]/i.test(next)) return null;
    stream.eatWhile(/\w/);
    const word = stream.current().toLowerCase();
    if (SQL_WORDS.has(word)) return "keyword";
    if (SQL_TYPES.has(word)) return "typeName";
    if (SQL_ATOMS.has(word)) return "bool";
    return stream.match(/^\s*\(/, false) ? "variableName.function" : "variableName";
  },
  languageData: { commentTokens: { line: "--", block: { open: "/*", close: "*/" } } },
});

function restOfComment(stream, state) {
  state.inComment = !stream.skipTo("*/");
  if (state.inComment) stream.skipToEnd();
  else stream.match("*/");
  return "comment";
}

// A quote that is doubled stands for itself; "names" are names, 'texts' are texts.
function restOfText(stream, state) {
  const { quote } = state;
  while (!stream.eol()) {
    if (stream.next() !== quote || stream.eat(quote)) continue;
    state.quote = "";
    break;
  }
  return quote === "'" ? "string" : "variableName";
}

export const json = StreamLanguage.define({
  name: "json",
  token(stream) {
    if (stream.eatSpace()) return null;
    if (stream.match(/^-?\d+(\.\d+)?(e[+-]?\d+)?/i)) return "number";
    if (stream.match(/^(true|false|null)\b/)) return "bool";
    if (stream.match(/^"(\\.|[^"\\])*("|$)/)) return stream.match(/^\s*:/, false) ? "propertyName" : "string";
    stream.next();
    return null;
  },
});
