// The execution as a whole, and its variables at the moment that is looked at.

import { useState } from "react";
import { STATES } from "../canvas/states.js";
import { ErrorView } from "../inspector/DataTab.jsx";
import { ValueBox } from "../inspector/ValueBox.jsx";
import { Icon } from "../ui/Icon.jsx";
import { Button, IconButton, lasted, moment, useSession, useView } from "../ui/parts.jsx";
import { JsonEdit } from "./JsonEdit.jsx";

export function ExecutionPanel() {
  const session = useSession();
  const run = useView((s) => s.run);
  const kin = useView((s) => s.kin);
  const inputs = useView((s) => s.inputs);
  const facts = [
    ["Status", STATES[run.status]?.word || run.status],
    ["Started", run.started_at ? moment(run.started_at) : "not yet"],
    ["Duration", run.duration !== undefined ? lasted(run.duration) : null],
    ["Trigger", run.trigger],
    ["User", run.user],
    ["Version", run.digest?.slice(0, 12)],
    ["Attempts again", run.retries || null],
    ["Begins in the middle", run.note],
  ].filter(([, value]) => value);
  return (
    <>
      <dl className="ff-facts">{facts.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}
        <div><dt>Id</dt><dd><code>{run.execution_id}</code><IconButton icon="copy" size={12} label="Copy the id" onClick={() => navigator.clipboard?.writeText(run.execution_id)} /></dd></div>
      </dl>
      {run.error ? <><ErrorView error={run.error} />{run.error.node ? <Button icon="crosshair" onClick={() => { session.canvas?.reveal([run.error.node]); session.canvas?.select([run.error.node]); session.openNode(run.error.node); }}>Show the step that failed</Button> : null}</> : null}
      {Object.keys(inputs || {}).length ? <section className="ff-part"><div className="ff-part-head is-static">Inputs</div><ValueBox value={inputs} /></section> : null}
      <Kin title="Started by" ids={[run.parent]} />
      <Kin title="Repeats" ids={[run.origin]} />
      <Heads title="Started by this one" heads={kin.filter((head) => head.parent === run.execution_id)} />
      <Heads title="Forks and restarts of it" heads={kin.filter((head) => head.origin === run.execution_id)} />
    </>
  );
}

function Kin({ title, ids }) {
  const session = useSession();
  const there = ids.filter(Boolean);
  if (!there.length) return null;
  return <section className="ff-part"><div className="ff-part-head is-static">{title}</div>{there.map((id) => <div key={id} className="ff-link-row"><Icon name="workflow" size={14} /><code>{id}</code><Button onClick={() => session.show(id)}>Open</Button></div>)}</section>;
}

function Heads({ title, heads }) {
  const session = useSession();
  if (!heads.length) return null;
  return (
    <section className="ff-part">
      <div className="ff-part-head is-static">{title}</div>
      {heads.slice(0, 50).map((head) => (
        <div key={head.id} className="ff-link-row" data-state={head.status}><Icon name={STATES[head.status]?.icon || "clock"} size={14} /><span><b>{head.workflow_id}</b><code>{head.id}</code></span><Button onClick={() => session.show(head.id)}>Open</Button></div>
      ))}
    </section>
  );
}

export function VariablesPanel() {
  const session = useSession();
  const moment = useView((s) => s.moment);
  const seq = useView((s) => s.seq);
  const isLive = useView((s) => s.run.finished_at === undefined && s.canSteer);
  const [editing, setEditing] = useState(null);
  const [name, setName] = useState("");
  const canEdit = isLive && seq === null;
  const variables = Object.entries(moment?.variables || {});
  const save = (which) => (value) => {
    session.steer("variable", { name: which, value });
    setEditing(null);
    setName("");
  };
  return (
    <>
      <p className="ff-help">{seq === null ? "Variables of this execution as they are now." : "Variables of this execution as they were at that moment."}</p>
      {variables.map(([key, value]) => (
        <section key={key} className="ff-part" data-variable={key}>
          <div className="ff-part-head is-static"><code>vars.execution.{key}</code><span className="ff-space" />{canEdit ? <IconButton icon="pencil" size={12} label={`Edit ${key}`} onClick={() => setEditing(editing === key ? null : key)} /> : null}</div>
          {editing === key ? <JsonEdit label={key} value={value} onSave={save(key)} onCancel={() => setEditing(null)} /> : <ValueBox value={value} />}
        </section>
      ))}
      {variables.length ? null : <p className="ff-none">No variables of its own.</p>}
      {canEdit ? (
        <section className="ff-part">
          <div className="ff-inline"><input className="ff-input is-mono" placeholder="Name of another one" aria-label="Name of another variable" value={name} onChange={(event) => setName(event.target.value)} /></div>
          {/^[A-Za-z]\w*$/.test(name) ? <JsonEdit label={name} value={null} onSave={save(name)} onCancel={() => setName("")} /> : null}
        </section>
      ) : null}
    </>
  );
}
