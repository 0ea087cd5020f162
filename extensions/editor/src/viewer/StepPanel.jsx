// One step: how it went, every visit of its node, what went in and came out.

import { useState } from "react";
import { STATES } from "../canvas/states.js";
import { ErrorView, LogView, Part } from "../inspector/DataTab.jsx";
import { Icon } from "../ui/Icon.jsx";
import { Button, IconButton, lasted, useSession, useView } from "../ui/parts.jsx";
import { JsonEdit } from "./JsonEdit.jsx";
import { endOf, markAt, startOf, statusOf } from "./track.js";

export function StepPanel() {
  const session = useSession();
  const open = useView((s) => s.open);
  const number = useView((s) => s.visit);
  const seq = useView((s) => s.seq);
  const visits = useView((s) => s.visits);
  const answer = useView((s) => s.steps[s.visit]);
  const canSteer = useView((s) => s.canSteer);
  const isLive = useView((s) => s.run.finished_at === undefined);
  const [isEditing, setEditing] = useState(false);
  const own = visits.filter((visit) => visit.node === open && markAt(visit, seq ?? Infinity));
  const visit = own.find((one) => one.n === number) || own.at(-1);
  if (!visit) return <div className="ff-no-data"><Icon name="circle-play" size={22} /><p>{seq === null ? "The execution has not come here." : "The execution had not come here at that moment."}</p></div>;
  const status = statusOf(visit, seq ?? Infinity);
  const detail = answer?.detail || null; // of the moment before while the next one is read
  const isOver = endOf(visit, seq ?? Infinity) !== null;
  return (
    <>
      <VisitSwitch own={own} visit={visit} />
      <div className="ff-step-head" data-state={status.state}>
        <Icon name={STATES[status.state]?.icon || "clock"} size={14} /><b>{STATES[status.state]?.word || status.state}</b>
        {status.duration !== undefined ? <span>{lasted(status.duration)}</span> : null}
        {status.attempt > 1 ? <span>attempt {status.attempt}</span> : null}
        {status.port && status.port !== "out" ? <span>left by <code>{status.port}</code></span> : null}
        {visit.pinned ? <span><Icon name="pin" size={11} /> pinned, not run</span> : null}
        {visit.seeded ? <span>taken over</span> : null}
        {visit.edited && (seq === null || seq >= visit.edited) ? <span>output edited</span> : null}
      </div>
      <Tries visit={visit} seq={seq ?? Infinity} />
      {canSteer ? (
        <div className="ff-step-deeds">
          <Button icon="git-fork" title="Start another execution from here; this one is left alone" onClick={() => session.steer("fork", { visit: visit.n })}>Fork from here</Button>
          {isLive && isOver && seq === null ? <Button icon="pencil" onClick={() => setEditing(!isEditing)}>Edit output</Button> : null}
        </div>
      ) : null}
      {isEditing && detail ? <JsonEdit label="Output" value={detail.output} onSave={(value) => { session.steer("outputs", { visit: visit.n, value }); setEditing(false); }} onCancel={() => setEditing(false)} /> : null}
      {seq === null && detail?.wait ? <Wait wait={detail.wait} visit={visit} canAnswer={canSteer} /> : null}
      {detail?.error ? <ErrorView error={detail.error} /> : null}
      {!detail ? <div className="ff-loading is-inline"><i className="ff-spinner" />Reading…</div> : null}
      {detail?.notebook ? <NotebookLink path={detail.notebook} /> : null}
      <SubExecutions visit={visit} />
      {detail && detail.output !== undefined && detail.output !== null ? <Part title="Output" value={detail.output} /> : null}
      {detail && detail.input !== undefined ? <Part title="Input" value={detail.input} isClosed={isOver && !detail.error} /> : null}
      {detail?.config && Object.keys(detail.config).length ? <Part title="Rendered config" value={detail.config} isClosed /> : null}
      {detail?.log?.length ? <LogView lines={detail.log} /> : null}
    </>
  );
}

const WAITS_FOR = { answer: "Waits for an answer at its address", execution: "Waits for the execution that it started", somebody: "Waits for somebody's answer in a chat", time: "Waits" };

/** What a parked step waits for, and the answer to it. */
function Wait({ wait, visit, canAnswer }) {
  const session = useSession();
  const until = wait.until === null ? "" : ` until ${new Date(wait.until * 1000).toLocaleString()}`;
  return (
    <section className="ff-wait" aria-label="Wait">
      <p className="ff-callout is-plain"><Icon name="clock" size={14} /><span>{WAITS_FOR[wait.for]}{until}.</span></p>
      {wait.for === "answer" && canAnswer ? <JsonEdit label="Answer" value={{}} deed="Answer" onSave={(value) => session.steer("answer", { visit: visit.n, value })} /> : null}
    </section>
  );
}

function VisitSwitch({ own, visit }) {
  const session = useSession();
  if (own.length < 2) return null;
  const at = own.indexOf(visit);
  const go = (index) => session.openVisit(own[index].n);
  return (
    <div className="ff-visits">
      <IconButton icon="chevron-right" className="is-back" size={14} label="The visit before" disabled={at === 0} onClick={() => go(at - 1)} />
      <select className="ff-input" aria-label="Visit" value={at} onChange={(event) => go(Number(event.target.value))}>
        {own.slice(0, 500).map((one, index) => <option key={one.n} value={index}>{`Visit ${index + 1} of ${own.length}${one.scope ? `, turn ${one.scope.map(([, i]) => i + 1).join(".")}` : ""} · ${markAt(one)[2]}`}</option>)}
      </select>
      <IconButton icon="chevron-right" size={14} label="The next visit" disabled={at === own.length - 1} onClick={() => go(at + 1)} />
    </div>
  );
}

/** Attempts that failed, and how long each wait was. */
function Tries({ visit, seq }) {
  const tries = visit.tries.filter(([at]) => at <= seq);
  if (!tries.length) return null;
  const starts = visit.marks.filter(([, , state]) => state === "running").map(([, at]) => at);
  const ends = visit.marks.filter(([, , state]) => state === "retrying").map(([, at]) => at);
  return (
    <ol className="ff-tries">
      {tries.map(([at, error], index) => <li key={at}><Icon name="x" size={12} /><b>Attempt {index + 1}</b><span>{lasted(ends[index] - (starts[index] ?? startOf(visit)))}</span><span className="ff-dim">{error}</span></li>)}
    </ol>
  );
}

// A saved copy of a notebook lies below the lab's folder; JupyterLab can open it where that is below its own.
function NotebookLink({ path }) {
  const open = () => {
    const base = JSON.parse(document.getElementById("jupyter-config-data")?.textContent || "{}");
    const root = (base.serverRoot || "").replace(/^~/, "");
    const at = root ? path.indexOf(root) : -1;
    if (base.baseUrl && at >= 0) window.open(`${base.baseUrl}lab/tree${path.slice(at + root.length)}`, "_blank");
    else navigator.clipboard?.writeText(path);
  };
  return <div className="ff-link-row"><Icon name="notebook" size={14} /><span><b>Executed notebook</b><code>{path}</code></span><Button icon="external-link" title="Open it in JupyterLab, or copy where it is" onClick={open}>Open</Button></div>;
}

function SubExecutions({ visit }) {
  const session = useSession();
  const kin = useView((s) => s.kin);
  const children = kin.filter((head) => head.key && head.key.split(":").includes(String(visit.n)) && head.parent);
  return children.map((head) => (
    <div key={head.id} className="ff-link-row"><Icon name="workflow" size={14} /><span><b>{head.workflow_id}</b><code>{head.id}</code></span><Button onClick={() => session.show(head.id)}>Open</Button></div>
  ));
}
