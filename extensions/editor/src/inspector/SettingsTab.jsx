// How the engine treats the node: retry, timeout, what happens after a crash or an error; and notes.

import { JsonControl } from "../form/controls.jsx";
import { FormContext } from "../form/context.js";
import { Form } from "../form/Form.jsx";
import { LazyInput, Switch, useSession, useView } from "../ui/parts.jsx";

export function SettingsTab({ id, node, type, problems, names }) {
  const session = useSession();
  const readOnly = useView((s) => s.readOnly);
  const schema = useView((s) => s.catalogue.node_settings);
  const hasRetry = node.retry !== undefined && node.retry !== null;
  const continues = "continue_with" in node;
  const change = (next) => {
    const unset = ["timeout", "on_crash"].filter((key) => next[key] === undefined && node[key] !== undefined);
    const set = Object.fromEntries(Object.entries(next).filter(([key, value]) => value !== node[key]));
    session.setSettings(id, set, unset);
  };
  const common = { problems, names, readOnly, expressions: false };
  return (
    <>
      <section className="ff-setting">
        <SettingTop title="Disabled" checked={Boolean(node.disabled)} disabled={readOnly} onChange={() => session.toggleDisabled([id])} />
        <p className="ff-help">{type?.is_trigger ? "A disabled trigger starts nothing." : "A disabled node is passed by: what comes to it goes on by its first port as it came."}</p>
      </section>
      {type?.is_trigger ? null : <Breakpoint id={id} />}
      <section className="ff-setting">
        <SettingTop title="Try again after an error" checked={hasRetry} disabled={readOnly} onChange={(on) => (on ? session.setSettings(id, { retry: {} }) : session.setSettings(id, {}, ["retry"]))} />
        <p className="ff-help">{hasRetry ? "Waits between the attempts are kept on disk." : `Off: ${type?.effects === "writes" ? "one attempt, since this node changes something outside" : "the rule of the node type holds"}.`}</p>
        {hasRetry ? <Form {...common} schema={schema.retry} path="retry" value={node.retry} onChange={(retry) => session.setSettings(id, { retry })} /> : null}
      </section>
      <section className="ff-setting">
        <Form {...common} schema={schema.node} path="" value={{ timeout: node.timeout, on_crash: node.on_crash }} onChange={change} />
      </section>
      <section className="ff-setting">
        <SettingTop title="Go on with a value instead of failing" checked={continues} disabled={readOnly} onChange={(on) => (on ? session.setSettings(id, { continue_with: {} }) : session.setSettings(id, {}, ["continue_with"]))} />
        <p className="ff-help">Stands in for the output once every attempt has failed and no error port leads on.</p>
        {continues ? (
          <FormContext.Provider value={{ readOnly, names, problems: [], root: {}, controls: {} }}>
            <JsonControl value={node.continue_with} title="Value" onChange={(value) => session.setSettings(id, { continue_with: value })} />
          </FormContext.Provider>
        ) : null}
      </section>
      <section className="ff-setting">
        <label className="ff-field-title" htmlFor={`ff-notes-${id}`}>Notes</label>
        <textarea id={`ff-notes-${id}`} className="ff-input" rows={4} disabled={readOnly} placeholder="For the next reader" value={node.notes || ""} onChange={(event) => (event.target.value ? session.setSettings(id, { notes: event.target.value }) : session.setSettings(id, {}, ["notes"]))} />
      </section>
    </>
  );
}

/** Of this editor, not of the workflow: nothing of it is saved. */
function Breakpoint({ id }) {
  const session = useSession();
  const canRun = useView((s) => s.canRun);
  const condition = useView((s) => s.breakpoints[id]);
  const has = condition !== undefined;
  return (
    <section className="ff-setting">
      <SettingTop title="Breakpoint" checked={has} disabled={!canRun} onChange={() => session.toggleBreakpoint(id)} />
      <p className="ff-help">{has ? "Runs of this editor stop before this node, always or where this holds." : "Runs of this editor stop before this node."}</p>
      {has ? <LazyInput className="ff-input is-mono" value={condition} placeholder="always; or a condition" aria-label="Condition of the breakpoint" disabled={!canRun} onCommit={(text) => session.setBreakpoint(id, text.trim())} /> : null}
    </section>
  );
}

function SettingTop({ title, checked, onChange, disabled }) {
  return <div className="ff-setting-top"><span className="ff-field-title">{title}</span><Switch checked={checked} label={title} disabled={disabled} onChange={onChange} /></div>;
}
