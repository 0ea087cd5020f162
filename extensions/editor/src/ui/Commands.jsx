// The command palette: everything that can be done, every node and every node type, found by a few letters.

import { useMemo, useState } from "react";
import { score } from "../state/fuzzy.js";
import { useChoice } from "./choice.js";
import { Icon } from "./Icon.jsx";
import { useSession, useView } from "./parts.jsx";

const MOST = 60;

function commandsOf(session, { graph, catalogue, readOnly, selected, open, canTry, difference, run }) {
  const many = selected.length > 1;
  const one = selected[0] || (graph.nodes[open] ? open : null);
  const deed = (title, icon, act, keys = "", when = true) => (when ? [{ title, icon, act, keys, group: "" }] : []);
  const align = (title, how, icon) => deed(title, icon, () => session.align(how), "", !readOnly && many);
  return [
    ...deed("Save", "save", () => session.save(), "Ctrl+S", !readOnly),
    ...deed("Run", "play", () => session.run(), "Ctrl+Enter"),
    ...deed(`Run to ${one}`, "skip-forward", () => session.runPart(one), "", canTry && one),
    ...deed(`Run ${one} alone`, "circle-play", () => session.runPart(one, { alone: true }), "", canTry && one),
    ...deed(`Pin or unpin the data of ${one}`, "pin", () => session.togglePin(one), "", canTry && one),
    ...deed("Cancel the execution", "square", () => session.cancel(), "", run && !run.finished_at),
    ...deed("Undo", "undo-2", () => session.undo(), "Ctrl+Z", !readOnly),
    ...deed("Redo", "redo-2", () => session.redo(), "Ctrl+Shift+Z", !readOnly),
    ...deed("Disable or enable what is selected", "power", () => session.toggleDisabled(), "D", !readOnly && selected.length),
    ...deed("Add a group", "square", () => session.addGroup(), "G", !readOnly),
    ...deed("Add a note", "sticky-note", () => session.addNote(), "N", !readOnly),
    ...deed("Continue the execution", "play", () => session.goOn(), "F8", run?.state === "paused"),
    ...deed("Step", "skip-forward", () => session.goOn(true), "F10", run?.state === "paused"),
    ...deed("Arrange", "layout-grid", () => session.layout(), "L", !readOnly),
    ...deed("Duplicate what is selected", "copy", () => session.duplicate(), "Ctrl+D", !readOnly && selected.length),
    ...deed("Remove what is selected", "trash-2", () => session.removeSelected(), "Delete", !readOnly && selected.length),
    ...align("Align left", "left", "arrow-left"), ...align("Align right", "right", "arrow-right"), ...align("Align top", "top", "arrow-up"), ...align("Align bottom", "bottom", "arrow-down"),
    ...align("Align in a row", "middle", "equal"), ...align("Align in a column", "centre", "equal"),
    ...deed("Equal gaps across", "arrow-left-right", () => session.align("across"), "", !readOnly && selected.length > 2),
    ...deed("Equal gaps down", "arrow-left-right", () => session.align("down"), "", !readOnly && selected.length > 2),
    ...deed("Compare with another version", "git-compare", () => session.askVersions(), "", canTry),
    ...deed("End the comparison", "x", () => session.set({ difference: null, drawer: null }), "", difference),
    ...deed("Problems", "triangle-alert", () => session.set({ drawer: "problems" })),
    ...deed("Execution", "activity", () => session.set({ drawer: "run" })),
    ...deed("Properties of the workflow", "workflow", () => session.set({ open: "workflow" })),
    ...deed("Show everything", "maximize", () => session.canvas?.fit(), "F"),
    ...deed("Keys", "keyboard", () => session.set({ dialog: "keys" }), "?"),
    ...Object.entries(graph.nodes).map(([id, node]) => ({ title: node.label || catalogue.byKind[node.kind.split("@")[0]]?.title || node.kind, detail: id, icon: catalogue.byKind[node.kind.split("@")[0]]?.icon || "box", group: "Go to", act: () => session.showProblem({ node: id }) })),
    ...(readOnly ? [] : catalogue.types.map((type) => ({ title: type.title, detail: type.kind, icon: type.icon, group: "Add", act: () => { const id = session.addNode(type.kind); if (id) session.openNode(id); } }))),
  ];
}

// By its name, by its id, or by words of both in any order: `go to rows`, `rows transform`.
function pointsOf({ group, title, detail = "" }, query) {
  const words = `${group} ${title} ${detail}`.toLowerCase().split(/[\s._]+/);
  const hasAll = query.toLowerCase().trim().split(/\s+/).every((asked) => words.some((word) => word.startsWith(asked)));
  return Math.max(score(query, `${group} ${title}`), score(query, title), detail ? score(query, detail) - 4 : -1, hasAll ? 60 : -1);
}

export function Commands() {
  const session = useSession();
  const state = useView((s) => s);
  const [query, setQuery] = useState("");
  const all = useMemo(() => commandsOf(session, state), [session, state]);
  const found = useMemo(() => {
    if (!query.trim()) return all.slice(0, MOST);
    return all.map((one) => ({ one, points: pointsOf(one, query) })).filter((r) => r.points >= 0).sort((a, b) => b.points - a.points).slice(0, MOST).map((r) => r.one);
  }, [all, query]);
  const close = () => {
    session.set({ dialog: null });
    session.focus?.();
  };
  const pick = (one) => {
    close();
    one.act();
  };
  const { index, setIndex, list, field } = useChoice(found, query, { onPick: pick, onClose: close });
  return (
    <div className="ff-veil is-top" onMouseDown={(event) => event.target === event.currentTarget && close()}>
      <div className="ff-dialog ff-commands" role="dialog" aria-label="Commands">
        <label className="ff-search"><Icon name="command" size={14} /><input {...field} role="combobox" aria-expanded="true" aria-controls="ff-commands" aria-activedescendant={`ff-command-${index}`} value={query} placeholder="What do you want to do?" aria-label="Command" onChange={(event) => setQuery(event.target.value)}  /></label>
        <div className="ff-quickadd-list" id="ff-commands" role="listbox" aria-label="Commands" ref={list}>
          {found.map((one, row) => (
            <button key={`${one.group}${one.title}${one.detail || ""}`} id={`ff-command-${row}`} type="button" role="option" aria-selected={row === index} tabIndex={-1} className="ff-command" onMouseMove={() => setIndex(row)} onClick={() => pick(one)}>
              <Icon name={one.icon} size={15} /><span>{one.group ? <small>{one.group}</small> : null}{one.title}{one.detail ? <code>{one.detail}</code> : null}</span>{one.keys ? <kbd>{one.keys}</kbd> : null}
            </button>
          ))}
          {found.length ? null : <p className="ff-none">Nothing fits “{query}”.</p>}
        </div>
      </div>
    </div>
  );
}
