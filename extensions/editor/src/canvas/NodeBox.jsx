// A node on the canvas: what it is, its ports, what is wrong with it, and how its last run went.

import { Handle, Position, useUpdateNodeInternals } from "@xyflow/react";
import { memo, useEffect, useMemo, useRef } from "react";
import { lostPorts, takenPorts } from "../state/lost.js";
import { typeName } from "../state/ports.js";
import { Icon } from "../ui/Icon.jsx";
import { counted, lasted, useSession, useView } from "../ui/parts.jsx";
import { EditMarks, NodeMarks } from "./NodeMarks.jsx";
import { STATES } from "./states.js";

const NONE = [];
const HEAD_HIGH = { top: 29 };

export const NodeBox = memo(function NodeBox({ id, selected }) {
  const session = useSession();
  const node = useView((s) => s.graph.nodes[id]);
  const lost = useView((s) => lostPorts(s.graph).get(id));
  const type = useView((s) => s.catalogue.byKind[node?.kind?.split("@")[0]]);
  const status = useView((s) => s.statuses[id]);
  const problems = useView((s) => s.problemsOf[id]) || NONE;
  const { inputs, outputs, error, signature } = useMemo(() => arrangePorts(node, lost), [node?.ports, lost]);
  const update = useUpdateNodeInternals();
  const measured = useRef(signature);
  useEffect(() => {
    // React Flow measures a new node by itself; asking for it too costs a second per hundred nodes.
    if (measured.current !== signature) update(id);
    measured.current = signature;
  }, [id, signature, update]);
  if (!node) return null;
  const title = node.label || type?.title || node.kind;
  return (
    <div className="ff-node" data-state={status?.state} data-trigger={type?.is_trigger || undefined} data-selected={selected || undefined} data-unknown={!type || undefined} data-disabled={node.disabled || undefined} style={{ "--tint": type?.color || "#64748b" }}>
      {inputs.length === 1 ? <InPort port={inputs[0]} style={outputs.length > 1 ? HEAD_HIGH : undefined} /> : null}
      <div className="ff-node-head">
        <span className="ff-tile"><Icon name={type?.icon || "circle-help"} size={18} /></span>
        <span className="ff-node-text">
          <span className="ff-node-title" title={title}>{title}</span>
          <span className="ff-node-id" title={`${id} · ${node.kind}`}>{id}</span>
        </span>
        {node.disabled ? <span className="ff-node-off" title="Disabled: what comes to it goes on as it came"><Icon name="power" size={12} /></span> : null}
        {node.notes ? <span className="ff-node-note" title={node.notes}><Icon name="sticky-note" size={12} /></span> : null}
      </div>
      {outputs.length === 1 ? <OutPort id={id} port={outputs[0]} /> : null}
      {inputs.length > 1 || outputs.length > 1 ? <PortRows id={id} inputs={inputs} outputs={outputs} /> : null}
      {error ? <OutPort id={id} port={error} position={Position.Bottom} /> : null}
      {problems.length ? <ProblemBadge id={id} problems={problems} /> : null}
      {status ? <StatusPill status={status} /> : null}
      {session.isViewer ? <NodeMarks id={id} /> : <EditMarks id={id} />}
    </div>
  );
});

function arrangePorts(node, lost) {
  const inputs = [...(node?.ports?.inputs || NONE), ...(lost?.inputs || NONE)];
  const all = [...(node?.ports?.outputs || NONE), ...(lost?.outputs || NONE)];
  const outputs = all.filter((port) => port.name !== "error");
  const error = all.find((port) => port.name === "error");
  const signature = [...inputs, ...all].map((port) => port.name).join("|");
  return { inputs, outputs, error, signature };
}

const InPort = ({ port, style }) => (
  <Handle type="target" id={port.name} style={style} position={Position.Left} className={portClass(port)} title={portTitle(port)} />
);

function OutPort({ id, port, position = Position.Right }) {
  const session = useSession();
  const open = (event) => {
    event.stopPropagation();
    session.canvas?.quickAddAt({ x: event.clientX + 24, y: event.clientY - 20 }, { node: id, port: port.name, side: "source", isNext: true });
  };
  const isFree = useView((s) => !s.readOnly && port.name !== "error" && !takenPorts(s.graph).has(`${id}.${port.name}`));
  return (
    <Handle type="source" id={port.name} position={position} className={portClass(port)} title={portTitle(port)} onClick={open}>
      {isFree ? <i className="ff-plus" aria-hidden="true"><Icon name="plus" size={11} /></i> : null}
    </Handle>
  );
}

function PortRows({ id, inputs, outputs }) {
  const rows = Math.max(inputs.length > 1 ? inputs.length : 0, outputs.length > 1 ? outputs.length : 0);
  return (
    <div className="ff-ports">
      {Array.from({ length: rows }, (_, row) => (
        <div className="ff-port-row" key={row}>
          {inputs.length > 1 && inputs[row] ? <span className="ff-port-in"><InPort port={inputs[row]} />{inputs[row].title || inputs[row].name}</span> : <span />}
          {outputs.length > 1 && outputs[row] ? <span className="ff-port-out" title={portTitle(outputs[row])}>{outputs[row].title || outputs[row].name}<OutPort id={id} port={outputs[row]} /></span> : null}
        </div>
      ))}
    </div>
  );
}

const portClass = (port) => `ff-port is-${port.type} ${port.missing ? "is-missing" : ""}`;

const portTitle = (port) =>
  port.missing ? `“${port.name}” is no longer a port of this node` : `${port.title || port.name}: ${typeName(port.type)}`;

function ProblemBadge({ id, problems }) {
  const session = useSession();
  const isError = problems.some((problem) => problem.severity !== "warning");
  const text = problems.map((problem) => `${problem.field ? `${problem.field}: ` : ""}${problem.message}`).join("\n");
  return (
    <button type="button" className={`ff-node-problem nodrag ${isError ? "is-error" : "is-warning"}`} title={text} aria-label={counted(problems.length, "problem")} onClick={(event) => { event.stopPropagation(); session.showProblem(problems[0]); }} data-node={id}>
      {problems.length}
    </button>
  );
}

function StatusPill({ status }) {
  const look = STATES[status.state] || STATES.queued;
  const parts = [];
  if (status.attempt > 1) parts.push(`try ${status.attempt}`);
  if (status.duration !== undefined && status.duration !== null) parts.push(lasted(status.duration));
  if (status.items !== undefined && status.items !== null) parts.push(counted(status.items, "item"));
  if (status.visits > 1) parts.push(`×${status.visits}`);
  if (status.turn) parts.push(`turn ${status.turn}`);
  if (status.progress) parts.push(`${Math.round(status.progress[0] * 100)} %`);
  const text = parts.join(" · ") || look.word;
  return (
    <div className="ff-status" data-state={status.state} title={status.error ? `${look.word}: ${status.error}` : `${look.word} ${parts.join(" · ")}`}>
      <Icon name={look.icon} size={11} />
      <span>{text}</span>
    </div>
  );
}
