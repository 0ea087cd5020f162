// What CodeMirror needs to know of templates and expressions: highlighting and completion of names.

import { autocompletion } from "@codemirror/autocomplete";
import { Decoration, ViewPlugin } from "@codemirror/view";
import { RangeSetBuilder } from "@codemirror/state";

const TOKENS = /(?<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?<number>\b\d+(?:\.\d+)?\b)|(?<word>\b(?:and|or|not|in|is|if|else|for|True|False|None|lambda)\b)|(?<root>(?<![.\w])(?:nodes|input|inputs|trigger|vars|execution|secrets|item|index|now)\b)|(?<call>\b\w+(?=\())/g;

const HOLE = Decoration.mark({ class: "ff-tk-hole" });
const MARKS = Object.fromEntries(["string", "number", "word", "root", "call", "brace"].map((name) => [name, Decoration.mark({ class: `ff-tk-${name}` })]));

/** Highlight `{{ }}` in a text; with `whole`, the text is one expression. */
export const highlightTemplates = (whole) => ViewPlugin.fromClass(
  class {
    constructor(view) {
      this.decorations = decorate(view.state.doc.toString(), whole);
    }
    update(change) {
      if (change.docChanged) this.decorations = decorate(change.state.doc.toString(), whole);
    }
  },
  { decorations: (plugin) => plugin.decorations },
);

function decorate(text, whole) {
  const marks = [];
  if (whole) tokens(text, 0, marks);
  else {
    for (const hole of text.matchAll(/\{\{(.*?)\}\}/gs)) {
      marks.push([hole.index, hole.index + hole[0].length, HOLE]);
      marks.push([hole.index, hole.index + 2, MARKS.brace]);
      tokens(hole[1], hole.index + 2, marks);
      marks.push([hole.index + hole[0].length - 2, hole.index + hole[0].length, MARKS.brace]);
    }
  }
  const builder = new RangeSetBuilder();
  marks.sort((a, b) => a[0] - b[0] || b[1] - a[1]).forEach(([from, to, mark]) => builder.add(from, to, mark));
  return builder.finish();
}

function tokens(text, offset, marks) {
  for (const match of text.matchAll(TOKENS)) {
    const [name] = Object.entries(match.groups).find(([, value]) => value !== undefined);
    marks.push([offset + match.index, offset + match.index + match[0].length, MARKS[name]]);
  }
}

/** Return what may stand at the end of `text`: where the name begins, and the names that go on from it. */
export function namesAt(text, names, { whole = false } = {}) {
  const hole = whole ? 0 : text.lastIndexOf("{{");
  if (hole < 0 || (!whole && text.indexOf("}}", hole) >= 0)) return null;
  const typed = /[A-Za-z_][\w.[\]]*$/.exec(text.slice(hole))?.[0] ?? "";
  const dot = typed.lastIndexOf(".");
  const stem = typed.slice(0, dot + 1);
  const options = new Map();
  for (const name of names) {
    if (!name.path.startsWith(stem)) continue;
    const [head, ...rest] = name.path.slice(stem.length).split(".");
    if (head && (!options.has(head) || !rest.length)) options.set(head, rest.length ? { label: head, more: true } : { label: head, type: name.type, doc: name.doc, sample: name.sample });
  }
  return { from: text.length - (typed.length - stem.length), typed, options: [...options.values()] };
}

/** Complete the names that `read()` gives at the moment of typing. */
export const completeNames = (read, whole) => autocompletion({
  icons: false,
  activateOnTyping: true,
  interactionDelay: 15,
  override: [
    (context) => {
      const before = context.state.doc.sliceString(0, context.pos);
      const found = namesAt(before, read(), { whole });
      if (!found || (!found.typed && !context.explicit && !/\{\{\s*$/.test(before))) return null;
      const options = found.options.map(({ label, type, doc, more, sample }) => ({
        label, detail: more ? "…" : sample ?? type, info: [type && sample !== undefined ? type : "", doc].filter(Boolean).join(". ") || undefined,
        ...(type === "function" ? { apply: `${label}(`, boost: -10 } : { boost: sample !== undefined ? 3 : more ? 0 : 1 }),
      }));
      return { from: found.from, options, validFor: /^\w*$/ };
    },
  ],
});
