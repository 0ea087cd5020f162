// The bar above the canvas (name, edits, save, run) and the one below (problems, execution, size).

import { STATES } from "../canvas/states.js";
import { Icon } from "../ui/Icon.jsx";
import { Button, IconButton, counted, lasted, useSession, useView } from "../ui/parts.jsx";
import { useElapsed } from "./RunBits.jsx";

export function TopBar({ onPalette, paletteShown, onFullscreen, isFullscreen }) {
  const session = useSession();
  const name = useView((s) => s.graph.name || s.graph.id);
  const file = useView((s) => s.file);
  const readOnly = useView((s) => s.readOnly);
  const canUndo = useView((s) => s.canUndo);
  const canRedo = useView((s) => s.canRedo);
  const open = useView((s) => s.open);
  const canTry = useView((s) => s.canTry);
  const many = useView((s) => s.selected.length > 1);
  return (
    <div className="ff-top" role="toolbar" aria-label="Workflow">
      {paletteShown ? null : <IconButton icon="panel-left" label="Show the node types" onClick={onPalette} />}
      <button type="button" className="ff-title" aria-pressed={open === "workflow"} title="Properties of the workflow" onClick={() => session.set({ open: open === "workflow" ? null : "workflow" })}>
        <b>{name}</b>
        <small>{file.name || "not saved yet"}</small>
        {file.dirty ? <i className="ff-dirty" title="Not saved" aria-label="Not saved" /> : null}
      </button>
      {readOnly ? <span className="ff-badge"><Icon name="lock" size={11} /> Read only</span> : null}
      <span className="ff-space" />
      {readOnly ? null : (
        <div className="ff-tool-group">
          <IconButton icon="undo-2" label="Undo" keys="Ctrl+Z" disabled={!canUndo} onClick={() => session.undo()} />
          <IconButton icon="redo-2" label="Redo" keys="Ctrl+Shift+Z" disabled={!canRedo} onClick={() => session.redo()} />
          <i className="ff-rule" />
          <IconButton icon="plus" label="Add a node" keys="/" onClick={() => session.canvas?.quickAddAt(null, null)} />
          <IconButton icon="sticky-note" label="Add a note" keys="N" onClick={() => session.addNote()} />
          <IconButton icon="square" label="Add a group" keys="G" onClick={() => session.addGroup()} />
          <IconButton icon="layout-grid" label="Arrange" keys="L" onClick={() => session.layout()} />
          {many ? <AlignMenu /> : null}
        </div>
      )}
      <div className="ff-tool-group">
        {canTry ? <IconButton icon="git-compare" label="Compare with another version" onClick={() => session.askVersions()} /> : null}
        <IconButton icon="command" label="Commands" keys="Ctrl+K" onClick={() => session.set({ dialog: "commands" })} />
        <IconButton icon="keyboard" label="Keys" keys="?" onClick={() => session.set({ dialog: "keys" })} />
        <IconButton icon={isFullscreen ? "minimize-2" : "maximize-2"} label={isFullscreen ? "Leave full screen" : "Full screen"} onClick={onFullscreen} />
      </div>
      {readOnly ? null : <Button icon="save" disabled={!file.dirty && Boolean(file.name)} title="Save (Ctrl+S)" onClick={() => session.save()}>Save</Button>}
      <RunButton />
    </div>
  );
}

function AlignMenu() {
  const session = useSession();
  const choose = (event) => {
    if (event.target.value) session.align(event.target.value);
  };
  return (
    <select className="ff-input ff-align" aria-label="Align what is selected" value="" onChange={choose}>
      <option value="">Align…</option>
      {[["left", "Left"], ["centre", "In a column"], ["right", "Right"], ["top", "Top"], ["middle", "In a row"], ["bottom", "Bottom"], ["across", "Equal gaps across"], ["down", "Equal gaps down"]].map(([how, title]) => <option key={how} value={how}>{title}</option>)}
    </select>
  );
}

function RunButton() {
  const session = useSession();
  const run = useView((s) => s.run);
  const canRun = useView((s) => s.canRun);
  const isEmpty = useView((s) => Object.keys(s.graph.nodes).length === 0);
  if (run?.state === "paused") {
    return (
      <div className="ff-tool-group">
        <Button icon="play" tone="primary" title="Continue (F8)" onClick={() => session.goOn()}>Continue</Button>
        <Button icon="skip-forward" title="Step (F10)" onClick={() => session.goOn(true)}>Step</Button>
        <IconButton icon="square" label="Cancel the execution" onClick={() => session.cancel()} />
      </div>
    );
  }
  if (run && !run.finished_at) return <Button icon="square" tone="danger" title="Cancel the execution" onClick={() => session.cancel()}>Cancel</Button>;
  return <Button icon="play" tone="primary" disabled={!canRun || isEmpty} title={canRun ? "Run (Ctrl+Enter)" : "This editor has no lab to run in"} onClick={() => session.run()}>Run</Button>;
}

export function BottomBar() {
  const session = useSession();
  const problems = useView((s) => s.problems);
  const run = useView((s) => s.run);
  const drawer = useView((s) => s.drawer);
  const nodes = useView((s) => Object.keys(s.graph.nodes).length);
  const selected = useView((s) => s.selected.length);
  const elapsed = useElapsed(run);
  const errors = problems.filter((p) => p.severity !== "warning").length;
  const toggle = (name) => session.set({ drawer: drawer === name ? null : name });
  return (
    <div className="ff-bottom">
      <button type="button" className={`ff-chip-button ${errors ? "is-error" : problems.length ? "is-warning" : "is-fine"}`} aria-pressed={drawer === "problems"} onClick={() => toggle("problems")}>
        <Icon name={problems.length ? "triangle-alert" : "circle-check"} size={13} />{problems.length ? counted(problems.length, "problem") : "No problems"}
      </button>
      {run ? (
        <button type="button" className="ff-chip-button" data-state={run.state} aria-pressed={drawer === "run"} onClick={() => toggle("run")}>
          <Icon name={STATES[run.state]?.icon || "clock"} size={13} />{STATES[run.state]?.word || run.state} · {lasted(elapsed)}
        </button>
      ) : null}
      <span className="ff-space" />
      <span className="ff-dim">{selected > 1 ? `${selected} of ${counted(nodes, "node")} selected` : counted(nodes, "node")}</span>
    </div>
  );
}

/** Shown when the file was changed by somebody else since it was read. */
export function ConflictBanner() {
  const session = useSession();
  const conflict = useView((s) => s.file.conflict);
  const dirty = useView((s) => s.file.dirty);
  if (!conflict) return null;
  return (
    <div className="ff-banner" role="alert">
      <Icon name="triangle-alert" size={15} />
      <span>The file was changed on disk since it was opened here.{dirty ? " Your changes are not saved." : ""}</span>
      <Button onClick={() => session.reload()}>Reload</Button>
      <Button onClick={() => session.save({ force: true })}>Keep mine</Button>
    </div>
  );
}

export function Notices() {
  const session = useSession();
  const notices = useView((s) => s.notices);
  return (
    <div className="ff-notices" role="status">
      {notices.map((notice) => (
        <div key={notice.id} className={`ff-notice is-${notice.tone}`}>
          <Icon name={{ error: "circle-x", warning: "triangle-alert", success: "circle-check" }[notice.tone] || "info"} size={15} />
          <span>{notice.text}{notice.detail ? <small>{notice.detail}</small> : null}</span>
          <IconButton icon="x" size={13} label="Dismiss" onClick={() => session.dismiss(notice.id)} />
        </div>
      ))}
    </div>
  );
}
