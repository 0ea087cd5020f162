// The panel at the right: the open node (its config, settings, data) or the workflow itself.

import { useEffect, useRef } from "react";
import { isId } from "../state/fragment.js";
import { Form } from "../form/Form.jsx";
import { rich } from "../form/Field.jsx";
import { Icon } from "../ui/Icon.jsx";
import { IconButton, LazyInput, Tabs, useSession, useView } from "../ui/parts.jsx";
import { DataTab } from "./DataTab.jsx";
import { SettingsTab } from "./SettingsTab.jsx";
import { WorkflowPanel } from "./WorkflowPanel.jsx";

const NONE = [];

export function Inspector() {
  const open = useView((s) => s.open);
  const node = useView((s) => (open ? s.graph.nodes[open] : null));
  if (open === "workflow" && !node) return <WorkflowPanel />;
  return node ? <NodePanel key={open} id={open} node={node} /> : null;
}

function NodePanel({ id, node }) {
  const session = useSession();
  const type = useView((s) => s.catalogue.byKind[node.kind.split("@")[0]]);
  const tab = useView((s) => s.tab);
  const status = useView((s) => s.statuses[id]);
  const problems = useView((s) => s.problemsOf[id]) || NONE;
  const names = useView((s) => s.names[id]) || NONE;
  const readOnly = useView((s) => s.readOnly);
  const focusField = useView((s) => s.focusField);
  const edges = useView((s) => s.graph.edges);
  useEffect(() => session.askNames(id), [session, id, edges]);
  const ofSettings = problems.filter((p) => /^(retry|timeout|on_crash|continue_with)/.test(p.field || ""));
  const general = problems.filter((p) => !p.field || /^(next|on_error|kind)/.test(p.field) || hasNoPlace(p.field, type));
  const tabs = [
    { id: "config", title: "Config", count: problems.length - ofSettings.length, tone: toneOf(problems) },
    { id: "settings", title: "Settings", count: ofSettings.length, tone: toneOf(ofSettings) },
    { id: "data", title: "Data", count: status?.state === "failed" ? "!" : 0, tone: "error" },
  ];
  return (
    <aside className="ff-inspector" aria-label={`Node ${id}`} style={{ "--tint": type?.color || "#64748b" }}>
      <header className="ff-inspector-head">
        <span className="ff-tile"><Icon name={type?.icon || "circle-help"} size={18} /></span>
        <div className="ff-inspector-names">
          <LazyInput className="ff-name" value={node.label || ""} placeholder={type?.title || node.kind} aria-label="Label" disabled={readOnly} onCommit={(label) => (label.trim() ? session.setSettings(id, { label: label.trim() }) : session.setSettings(id, {}, ["label"]))} />
          <span className="ff-kind" title={node.kind}>{type?.title || "Unknown node type"} <code>{node.kind}</code></span>
        </div>
        <NodeDeeds id={id} isTrigger={type?.is_trigger} />
        <IconButton icon="x" label="Close" keys="Esc" onClick={() => session.set({ open: null })} />
      </header>
      <Tabs value={tab} onChange={(next) => session.set({ tab: next })} items={tabs} />
      <div className="ff-inspector-body">
        {tab === "config" ? (
          <>
            <IdField id={id} readOnly={readOnly} />
            {general.map((problem, index) => <div key={index} className={`ff-callout is-${problem.severity || "error"}`}><Icon name="triangle-alert" size={14} /><span>{hasNoPlace(problem.field, type) ? <b>{problem.field.replace(/^config\./, "")}: </b> : null}{problem.message}{problem.hint ? <em> {problem.hint}</em> : null}</span></div>)}
            {type?.templates?.length && !readOnly ? <Templates type={type} onChoose={(config) => session.setConfig(id, config, "template")} /> : null}
            {type ? <Form key={id} node={id} schema={type.schema} path="config" value={node.config} problems={problems} names={names} readOnly={readOnly} focusField={focusField} onChange={(config, field) => session.setConfig(id, config, field)} /> : <p className="ff-help">No node type of this kind is installed. The node is kept as it is.</p>}
            {type && !Object.keys(type.schema.properties || {}).length ? <p className="ff-help">There is nothing to set here.</p> : null}
            {type?.doc ? <details className="ff-doc"><summary>About this node</summary>{type.doc.split(/\n\s*\n/).map((part, index) => <p key={index}>{rich(part)}</p>)}</details> : null}
          </>
        ) : null}
        {tab === "settings" ? <SettingsTab id={id} node={node} type={type} problems={problems} names={names} /> : null}
        {tab === "data" ? <DataTab id={id} /> : null}
      </div>
    </aside>
  );
}

/** What can be done with one node while the workflow is written. */
function NodeDeeds({ id, isTrigger }) {
  const session = useSession();
  const canTry = useView((s) => s.canTry && !s.readOnly);
  const isBusy = useView((s) => Boolean(s.run && !s.run.finished_at));
  const isPinned = useView((s) => id in s.pins);
  const isOff = useView((s) => Boolean(s.graph.nodes[id]?.disabled));
  if (!canTry) return null;
  return (
    <div className="ff-tool-group">
      {isTrigger ? null : <IconButton icon="play" size={15} label="Run this node alone, with the input it had the last time" disabled={isBusy} onClick={() => session.runPart(id, { alone: true })} />}
      <IconButton icon="skip-forward" size={15} label="Run to here" disabled={isBusy} onClick={() => session.runPart(id)} />
      <IconButton icon="power" size={15} label={isOff ? "Enable this node" : "Disable this node: it is passed by"} keys="D" active={isOff} onClick={() => session.toggleDisabled([id])} />
      <IconButton icon="pin" size={15} label={isPinned ? "Take the pinned data away" : "Pin the data it gave: runs of the editor use it in place of the node"} active={isPinned} onClick={() => session.togglePin(id)} />
    </div>
  );
}

/** Popular uses of the node type; one that is chosen takes the place of the config, which undo brings back. */
function Templates({ type, onChoose }) {
  const box = useRef(null);
  const choose = (config) => {
    onChoose(structuredClone(config));
    box.current.open = false;
  };
  return (
    <details className="ff-templates" ref={box}>
      <summary><Icon name="sparkles" size={14} />Start from a template<span className="ff-count">{type.templates.length}</span></summary>
      <ul>
        {type.templates.map(({ title, text, config }) => (
          <li key={title}>
            <button type="button" onClick={() => choose(config)}>
              <strong>{title}</strong>
              {text ? <span>{rich(text)}</span> : null}
            </button>
          </li>
        ))}
      </ul>
    </details>
  );
}

// Whether no field of the form can show a problem: it is of the config as a whole, or of a field that the type does not have.
function hasNoPlace(field, type) {
  const name = /^config(?:\.([^.[]+))?/.exec(field);
  return Boolean(name && type) && !(name[1] in (type.schema.properties || {}));
}

const toneOf = (problems) => (problems.some((p) => p.severity !== "warning") ? "error" : "warning");

function IdField({ id, readOnly }) {
  const session = useSession();
  const taken = useView((s) => s.graph.nodes);
  const check = (text) => (!isId(text) ? "Letters, digits and _, a letter first." : taken[text] ? "Another node has this id." : null);
  return (
    <div className="ff-id-row">
      <span title="The name that expressions use. They follow when you change it.">id</span>
      <LazyInput className="ff-input is-mono" value={id} aria-label="Node id" disabled={readOnly} check={check} onCommit={(to) => session.rename(id, to)} spellCheck={false} />
      <code className="ff-id-hint" title="How other nodes read this node's output">nodes.{id}</code>
    </div>
  );
}
