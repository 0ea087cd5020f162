// The debugger: where the execution stops, what waits there, and what an expression gives at this place.

import { useState } from "react";
import { CodeBox } from "../form/CodeBox.jsx";
import { ValueBox } from "../inspector/ValueBox.jsx";
import { Icon } from "../ui/Icon.jsx";
import { Button, IconButton, LazyInput, useSession, useView } from "../ui/parts.jsx";

export function DebugPanel() {
  return <><Evaluate /><Breakpoints /><WaitingList /></>;
}

function Evaluate() {
  const session = useSession();
  const [text, setText] = useState("");
  const open = useView((s) => s.open);
  const next = useView((s) => s.run.stopped_at || s.moment?.waiting?.[0]?.node || "");
  const values = useView((s) => s.values);
  const names = useView((s) => s.visits);
  const place = open || next;
  const known = [...new Set(names.map((visit) => visit.node))].map((node) => ({ path: `nodes.${node}`, type: "", doc: "" }));
  const offered = [...known, ...["input", "inputs", "trigger", "vars.execution", "execution.id", "item", "index", "now()"].map((path) => ({ path, type: "", doc: "" }))];
  const ask = (value) => value.trim() && session.evaluate(value.trim());
  return (
    <section className="ff-part">
      <div className="ff-part-head is-static">Evaluate {place ? <>before <code>{place}</code></> : "here"}</div>
      <div className="ff-inline"><CodeBox language="expression" value={text} onChange={setText} names={offered} label="Expression" placeholder="nodes.load.rows.row_count > 10" onEnter={ask} /><Button icon="play" title="Evaluate (Enter)" onClick={() => ask(text)}>Ask</Button></div>
      {values.map((one) => (
        <div key={one.text} className="ff-evaluated" data-wrong={one.error ? true : undefined}>
          <button type="button" title="Ask again here" onClick={() => { setText(one.text); ask(one.text); }}><code>{one.text}</code>{one.node ? <small>{one.node}</small> : null}</button>
          {one.error ? <div className="ff-problem" role="alert">{one.error}</div> : <ValueBox value={one.value} />}
        </div>
      ))}
    </section>
  );
}

function Breakpoints() {
  const session = useSession();
  const breakpoints = useView((s) => s.run.breakpoints) || {};
  const canStop = useView((s) => s.canSteer && s.run.finished_at === undefined);
  const nodes = useView((s) => s.graph.nodes);
  const free = Object.keys(nodes).filter((id) => breakpoints[id] === undefined);
  return (
    <section className="ff-part">
      <div className="ff-part-head is-static">Breakpoints</div>
      {Object.entries(breakpoints).map(([node, condition]) => (
        <div key={node} className="ff-stop-row">
          <i className="ff-dot" /><button type="button" className="ff-link" onClick={() => { session.canvas?.reveal([node]); session.canvas?.select([node]); }}>{node}</button>
          <LazyInput className="ff-input is-mono" value={condition} placeholder="always; or a condition" aria-label={`Condition of the breakpoint before ${node}`} disabled={!canStop} onCommit={(text) => session.setCondition(node, text.trim())} />
          {canStop ? <IconButton icon="trash-2" size={12} label={`Take the breakpoint before ${node} away`} onClick={() => session.toggleBreakpoint(node)} /> : null}
        </div>
      ))}
      {canStop ? (
        <select className="ff-input" aria-label="Stop before" value="" onChange={(event) => event.target.value && session.toggleBreakpoint(event.target.value)}>
          <option value="">Stop before…</option>
          {free.map((id) => <option key={id} value={id}>{nodes[id].label || id}</option>)}
        </select>
      ) : <p className="ff-help">{Object.keys(breakpoints).length ? "" : "It is over: breakpoints are for executions that run. Fork from a step to run it again under other conditions."}</p>}
    </section>
  );
}

function WaitingList() {
  const session = useSession();
  const waiting = useView((s) => s.moment?.waiting);
  if (!waiting?.length) return null;
  return (
    <section className="ff-part">
      <div className="ff-part-head is-static">Waits to start</div>
      {waiting.map((one, index) => (
        <details key={index} className="ff-waits">
          <summary><Icon name="circle-pause" size={12} /><button type="button" className="ff-link" onClick={(event) => { event.preventDefault(); session.canvas?.reveal([one.node]); session.canvas?.select([one.node]); }}>{one.node}</button><small>{one.from ? `from ${one.from}` : ""}{one.turns.map(([loop, turn]) => ` · ${loop} turn ${turn + 1}`).join("")}</small></summary>
          <ValueBox value={one.input} />
        </details>
      ))}
    </section>
  );
}
