// Everything about running on screen: the form for inputs, the drawer with the execution, the problems.

import { useCallback, useEffect, useState } from "react";
import { STATES } from "../canvas/states.js";
import { Form } from "../form/Form.jsx";
import { Icon } from "../ui/Icon.jsx";
import { DifferenceList } from "./Versions.jsx";
import { Button, Dialog, IconButton, Tabs, lasted, useSession, useView } from "../ui/parts.jsx";

const TYPES = { string: { type: "string" }, integer: { type: "integer" }, number: { type: "number" }, boolean: { type: "boolean" }, date: { type: "string" }, datetime: { type: "string" }, array: { type: "array", format: "json" }, object: { type: "object", format: "json" }, any: { format: "any" } };

/** Ask for what the workflow is started with. */
export function RunDialog() {
  const session = useSession();
  const inputs = useView((s) => s.graph.inputs);
  const until = useView((s) => s.runUntil);
  const [values, setValues] = useState(session.givenInputs);
  const [faults, setFaults] = useState([]);
  const onFault = useCallback((path, isWrong) => setFaults((old) => [...old.filter((one) => one !== path), ...(isWrong ? [path] : [])]), []);
  const missing = Object.entries(inputs).filter(([name, field]) => field.required && field.default === undefined && values[name] === undefined);
  const open = missing.map(([name]) => name).filter((name) => !faults.includes(name));
  const canRun = !open.length && !faults.length;
  const submit = () => canRun && session.run(values);
  const onKeyDown = (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.key !== "Enter") return;
    event.stopPropagation(); // the editor would take the same keys for another run
    submit();
  };
  return (
    <Dialog title={until ? `Run to ${until} with` : "Run with"} onClose={() => session.set({ dialog: null, runUntil: null })}>
      <div className="ff-dialog-body" onKeyDown={onKeyDown}><Form schema={schemaOf(inputs)} value={values} expressions={false} onChange={setValues} onFault={onFault} /></div>
      <footer>
        <span className="ff-help">{[open.length ? `Needed: ${open.join(", ")}` : "", faults.length ? `To mend: ${faults.join(", ")}` : ""].filter(Boolean).join("; ")}</span>
        <Button icon="play" tone="primary" disabled={!canRun} onClick={submit}>Run</Button>
      </footer>
    </Dialog>
  );
}

function schemaOf(inputs) {
  const properties = Object.entries(inputs).map(([name, field]) => [name, {
    ...(TYPES[field.type] || TYPES.any), title: name, description: field.description || undefined, default: field.default ?? undefined,
    ...(field.enum?.length ? { enum: field.enum } : {}), ...(field.minimum != null ? { minimum: field.minimum } : {}), ...(field.maximum != null ? { maximum: field.maximum } : {}),
    ...(field.type === "date" ? { examples: ["2026-07-01"] } : {}), ...(field.type === "datetime" ? { examples: ["2026-07-01T08:00:00"] } : {}),
  }]);
  const required = Object.entries(inputs).filter(([, field]) => field.required && field.default === undefined).map(([name]) => name);
  return { type: "object", properties: Object.fromEntries(properties), required };
}

/** Seconds since an execution began; stands still once it has ended. */
export function useElapsed(run) {
  const [, tick] = useState(0);
  const isLive = run && !run.finished_at;
  useEffect(() => {
    if (!isLive) return undefined;
    const timer = setInterval(() => tick((n) => n + 1), 200);
    return () => clearInterval(timer);
  }, [isLive]);
  if (!run) return null;
  if (run.duration !== undefined && run.duration !== null) return run.duration;
  return Math.max(0, (run.finished_at || Date.now() / 1000) - run.started_at);
}

export function Drawer() {
  const session = useSession();
  const drawer = useView((s) => s.drawer);
  const problems = useView((s) => s.problems);
  const difference = useView((s) => s.difference);
  if (!drawer) return null;
  const items = [{ id: "problems", title: "Problems", count: problems.length, tone: problems.some((p) => p.severity !== "warning") ? "error" : "warning" }, { id: "run", title: "Execution" }, ...(difference ? [{ id: "difference", title: "Difference", count: difference.changes.length }] : [])];
  return (
    <section className="ff-drawer" aria-label={{ problems: "Problems", difference: "Difference" }[drawer] || "Execution"}>
      <header><Tabs value={drawer} onChange={(next) => session.set({ drawer: next })} items={items} /><IconButton icon="chevron-down" label="Close" onClick={() => session.set({ drawer: null })} /></header>
      {drawer === "problems" ? <ProblemList problems={problems} /> : drawer === "difference" ? <DifferenceList /> : <RunView />}
    </section>
  );
}

function ProblemList({ problems }) {
  const session = useSession();
  if (!problems.length) return <p className="ff-none"><Icon name="circle-check" size={14} /> Nothing is wrong with this workflow.</p>;
  return (
    <div className="ff-drawer-list">
      {problems.map((problem, index) => (
        <button key={index} type="button" className={`ff-problem-row is-${problem.severity || "error"}`} onClick={() => session.showProblem(problem)}>
          <Icon name={problem.severity === "warning" ? "triangle-alert" : "circle-x"} size={14} />
          <span className="ff-problem-where">{problem.node || "workflow"}{problem.field ? <small>{problem.field.replace(/^config\./, "")}</small> : null}</span>
          <span className="ff-problem-text">{problem.message}{problem.hint ? <em> {problem.hint}</em> : null}</span>
        </button>
      ))}
    </div>
  );
}

function RunView() {
  const session = useSession();
  const run = useView((s) => s.run);
  const statuses = useView((s) => s.statuses);
  const graph = useView((s) => s.graph);
  const elapsed = useElapsed(run);
  if (!run) return <p className="ff-none">Nothing has run yet.</p>;
  const steps = Object.entries(statuses).filter(([id]) => graph.nodes[id]).sort((a, b) => (a[1].started_at ?? Infinity) - (b[1].started_at ?? Infinity));
  const isLive = !run.finished_at;
  return (
    <div className="ff-run">
      <div className="ff-run-head" data-state={run.state}>
        <Icon name={STATES[run.state]?.icon || "clock"} size={14} /><b>{STATES[run.state]?.word || run.state}</b>
        <span className="ff-elapsed">{lasted(elapsed)}</span>
        {run.execution_id ? <code className="ff-execution-id" title="Execution id">{run.execution_id}</code> : null}
        {run.execution_id ? <IconButton icon="copy" size={13} label="Copy the execution id" onClick={() => navigator.clipboard?.writeText(run.execution_id)} /> : null}
        {isLive ? <Button icon="square" tone="danger" onClick={() => session.cancel()}>Cancel</Button> : null}
      </div>
      {run.error ? <div className="ff-error" role="alert"><b>{run.error.title}</b>{run.error.detail ? <pre>{run.error.detail}</pre> : null}</div> : null}
      <div className="ff-drawer-list">
        {steps.map(([id, status]) => (
          <button key={id} type="button" className="ff-step-row" data-state={status.state} onClick={() => { session.canvas?.reveal([id]); session.canvas?.select([id]); session.openNode(id, { tab: "data" }); }}>
            <Icon name={STATES[status.state]?.icon || "clock"} size={13} />
            <span>{graph.nodes[id].label || id}</span>
            <i className="ff-step-bar"><i style={barOf(status, run, elapsed)} /></i>
            <span className="ff-step-time">{lasted(status.duration)}</span>
          </button>
        ))}
      </div>
    </div>
  );
}

function barOf(status, run, elapsed) {
  if (!status.started_at || !elapsed) return { display: "none" };
  const left = Math.max(0, (status.started_at - run.started_at) / elapsed);
  const width = status.duration !== undefined && status.duration !== null ? status.duration / elapsed : 1 - left;
  return { left: `${Math.min(left, 0.99) * 100}%`, width: `${Math.max(0.01, Math.min(width, 1 - left)) * 100}%` };
}
