// The workflow's own properties: name, description, what it is started with, limits.

import { Form } from "../form/Form.jsx";
import { Problems } from "../form/Field.jsx";
import { Icon } from "../ui/Icon.jsx";
import { IconButton, LazyInput, useSession, useView } from "../ui/parts.jsx";

const NONE = [];

export function WorkflowPanel() {
  const session = useSession();
  const graph = useView((s) => s.graph);
  const readOnly = useView((s) => s.readOnly);
  const schema = useView((s) => s.catalogue.workflow);
  const problems = useView((s) => s.problemsOf[""]) || NONE;
  const general = problems.filter((p) => !/^(inputs|settings)\b/.test(p.field || ""));
  const setText = (key) => (event) => (event.target.value ? session.setWorkflow({ [key]: event.target.value }) : session.setWorkflow({}, [key]));
  const change = (next) => session.setWorkflow({ inputs: next.inputs || {}, settings: next.settings || {} });
  return (
    <aside className="ff-inspector" aria-label="Workflow" style={{ "--tint": "var(--ff-accent)" }}>
      <header className="ff-inspector-head">
        <span className="ff-tile"><Icon name="workflow" size={18} /></span>
        <div className="ff-inspector-names">
          <LazyInput className="ff-name" value={graph.name || ""} placeholder={graph.id} aria-label="Name" disabled={readOnly} onCommit={(name) => (name.trim() ? session.setWorkflow({ name: name.trim() }) : session.setWorkflow({}, ["name"]))} />
          <span className="ff-kind">Workflow <code>{graph.id}</code></span>
        </div>
        <IconButton icon="x" label="Close" keys="Esc" onClick={() => session.set({ open: null })} />
      </header>
      <div className="ff-inspector-body">
        <Problems list={general} />
        <div className="ff-field">
          <div className="ff-field-top"><span className="ff-field-title">Description</span></div>
          <textarea className="ff-input" rows={3} aria-label="Description" disabled={readOnly} value={graph.description || ""} placeholder="What is it for?" onChange={setText("description")} />
        </div>
        {schema ? <Form schema={schema} path="" value={{ inputs: graph.inputs, settings: graph.settings }} problems={problems} readOnly={readOnly} expressions={false} onChange={change} /> : null}
      </div>
    </aside>
  );
}
