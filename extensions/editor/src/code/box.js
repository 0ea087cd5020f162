// The second file of the bundle, asked for by the first: CodeMirror, set up for one line or many, plain template,
// expression, Python, SQL or JSON. It knows nothing of React.

import { acceptCompletion, closeBrackets, closeBracketsKeymap, closeCompletion, completionKeymap, completionStatus } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { HighlightStyle, bracketMatching, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { Annotation, EditorState, Prec } from "@codemirror/state";
import { EditorView, drawSelection, highlightActiveLine, keymap, lineNumbers, placeholder as placeholderOf, tooltips } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { json, python, sql } from "./languages.js";
import { completeNames, highlightTemplates } from "./templates.js";

const COLOURS = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword, tags.bool, tags.null], class: "ff-tk-word" },
  { tag: [tags.string, tags.special(tags.string)], class: "ff-tk-string" },
  { tag: tags.number, class: "ff-tk-number" },
  { tag: tags.comment, class: "ff-tk-comment" },
  { tag: [tags.function(tags.variableName), tags.function(tags.propertyName)], class: "ff-tk-call" },
  { tag: [tags.propertyName, tags.typeName], class: "ff-tk-root" },
]);

const LANGUAGES = {
  python: () => [python, indentUnit.of("    "), indentOnInput(), lineNumbers(), bracketMatching(), highlightActiveLine()],
  sql: () => [sql, lineNumbers(), bracketMatching()],
  json: () => [json, bracketMatching()],
  template: (names) => [highlightTemplates(false), completeNames(names, false)],
  expression: (names) => [highlightTemplates(true), completeNames(names, true), bracketMatching()],
};

const FROM_OUTSIDE = Annotation.define();

const oneLine = EditorState.transactionFilter.of((change) => (change.newDoc.lines > 1 ? [] : change));

// Pasted line ends become blanks where there is one line only.
const flatPaste = EditorView.clipboardInputFilter.of((text) => text.replace(/\s*\n\s*/g, " "));

/**
 * Put an editor into `place`; `latest()` gives what may change without a new editor: `{ onChange, names }`.
 * Returns `{ set(value), close() }`.
 */
export function createBox(place, { value, language, lines, placeholder, readOnly, label, latest }) {
  const single = lines === 1;
  const screen = place.closest(".ff-editor");
  const state = EditorState.create({
    doc: value,
    extensions: [
      history(), drawSelection(), closeBrackets(), syntaxHighlighting(COLOURS), EditorView.lineWrapping,
      LANGUAGES[language](() => latest().names || []),
      single ? [oneLine, flatPaste] : [],
      Prec.highest(keymap.of([{ key: "Tab", run: acceptCompletion }, { key: "Escape", run: leave }, ...(latest().onEnter ? [{ key: "Enter", run: (view) => !completionStatus(view.state) && enter(view, latest) }] : [])])),
      keymap.of([...closeBracketsKeymap, ...completionKeymap, ...historyKeymap, ...defaultKeymap.filter((k) => k.key !== "Mod-Enter"), ...(single ? [] : [indentWithTab])]),
      tooltips({ parent: screen || place, ...(screen ? { tooltipSpace: () => screen.getBoundingClientRect() } : {}) }), // a notebook cuts off what stands over its edge
      placeholderOf(placeholder), EditorState.readOnly.of(readOnly), EditorView.editable.of(!readOnly),
      EditorView.contentAttributes.of({ "aria-label": label || "" }),
      EditorView.updateListener.of((change) => {
        if (change.docChanged && !change.transactions.some((t) => t.annotation(FROM_OUTSIDE))) latest().onChange(change.state.doc.toString());
      }),
    ],
  });
  const view = new EditorView({ state, parent: place });
  return {
    set(text) {
      const current = view.state.doc.toString();
      if (text !== current) view.dispatch({ changes: { from: 0, to: current.length, insert: text }, annotations: FROM_OUTSIDE.of(true) });
    },
    focus: () => view.focus(),
    close: () => view.destroy(),
  };
}

function enter(view, latest) {
  latest().onEnter(view.state.doc.toString());
  return true;
}

function leave(view) {
  if (completionStatus(view.state)) return closeCompletion(view);
  view.contentDOM.blur();
  return true;
}
