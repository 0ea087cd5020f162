// What is different from another version: chosen in a dialog, listed in the drawer, marked on the canvas.

import { useState } from "react";
import { Icon } from "../ui/Icon.jsx";
import { Button, Dialog, useSession, useView } from "../ui/parts.jsx";

export function VersionsDialog() {
  const session = useSession();
  const versions = useView((s) => s.versions);
  const file = useView((s) => s.file.name);
  const [revision, setRevision] = useState("");
  const ask = (event) => {
    event.preventDefault();
    if (revision.trim()) session.compare(revision.includes(":") ? revision.trim() : `${revision.trim()}:./${file}`);
  };
  return (
    <Dialog title="Compare with" width={520} onClose={() => session.set({ dialog: null })}>
      <div className="ff-dialog-body ff-heads">
        {versions === null ? <div className="ff-loading is-inline"><i className="ff-spinner" />Reading…</div> : null}
        {versions?.map(({ name, title }) => <button key={name} type="button" className="ff-problem-row" onClick={() => session.compare(name)}><Icon name={name === "saved" ? "file" : name.startsWith("HEAD") ? "git-commit-horizontal" : "history"} size={14} /><span className="ff-problem-where">{title}</span><small className="ff-dim">{name === "saved" ? "" : name.slice(0, 24)}</small></button>)}
        {versions?.length === 0 ? <p className="ff-none">There is no other version yet.</p> : null}
      </div>
      {file ? <footer><form className="ff-inline" style={{ flex: 1 }} onSubmit={ask}><input className="ff-input is-mono" value={revision} onChange={(event) => setRevision(event.target.value)} placeholder="A revision of git: HEAD~2, main, v1.0" aria-label="Revision of git" /><Button type="submit" icon="git-compare" onClick={ask}>Compare</Button></form></footer> : null}
    </Dialog>
  );
}

export function DifferenceList() {
  const session = useSession();
  const difference = useView((s) => s.difference);
  const nodes = useView((s) => s.graph.nodes);
  if (!difference) return <p className="ff-none">Nothing is compared. <button type="button" className="ff-link" onClick={() => session.askVersions()}>Choose a version</button></p>;
  const show = (change) => {
    if (!nodes[change.node]) return session.canvas?.reveal([`gone:${change.node}`]);
    session.showProblem({ node: change.node, field: change.path });
  };
  return (
    <div className="ff-drawer-list">
      <div className="ff-inline"><span className="ff-dim">{difference.changes.length ? `${difference.changes.length} different from ${difference.against === "saved" ? "the file" : difference.against.slice(0, 24)}.` : "No difference."} Places on the canvas and notes do not count.</span><Button icon="rotate-ccw" onClick={() => session.compare(difference.against)}>Again</Button><Button icon="x" onClick={() => session.set({ difference: null, drawer: null })}>End</Button></div>
      {difference.changes.map((change, index) => (
        <button key={index} type="button" className="ff-problem-row is-change" data-how={change.how} onClick={() => show(change)}>
          <Icon name={{ added: "plus", removed: "minus", renamed: "arrow-right" }[change.how] || "pencil"} size={14} />
          <span className="ff-problem-where">{change.node || change.what}{change.path ? <small>{change.path.replace(/^config\./, "")}</small> : null}</span>
          <span className="ff-problem-text">{change.text.replace(/^[+\-~→] /, "")}</span>
        </button>
      ))}
    </div>
  );
}
