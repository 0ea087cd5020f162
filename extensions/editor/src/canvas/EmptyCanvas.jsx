// What an empty workflow shows: how to begin.

import { Icon } from "../ui/Icon.jsx";
import { useSession, useView } from "../ui/parts.jsx";

const FIRST = ["trigger.manual", "trigger.schedule", "trigger.webhook"]; // what most begin with

const rank = (type) => (FIRST.includes(type.kind) ? FIRST.indexOf(type.kind) : FIRST.length);

export function EmptyCanvas() {
  const session = useSession();
  const types = useView((s) => s.catalogue.types);
  const readOnly = useView((s) => s.readOnly);
  const triggers = types.filter((type) => type.is_trigger).sort((a, b) => rank(a) - rank(b)).slice(0, 3);
  if (readOnly) return <div className="ff-empty"><p>This workflow has no nodes.</p></div>;
  const start = (kind) => {
    const id = session.addNode(kind);
    if (id) session.openNode(id);
    setTimeout(() => session.canvas?.reveal([id]), 80);
  };
  return (
    <div className="ff-empty">
      <div className="ff-empty-drop"><Icon name="zap" size={22} /></div>
      <h2>Drag a trigger here</h2>
      <p>Every workflow begins with what starts it. Pick one, then drag from its port to add the next step.</p>
      <div className="ff-empty-starts">
        {triggers.map((type) => (
          <button key={type.kind} type="button" className="ff-start" style={{ "--tint": type.color }} onClick={() => start(type.kind)}>
            <span className="ff-tile"><Icon name={type.icon} size={18} /></span>
            <b>{type.title}</b>
            <small>{type.summary}</small>
          </button>
        ))}
      </div>
      <p className="ff-empty-hint"><kbd>/</kbd> all nodes <kbd>?</kbd> all keys</p>
    </div>
  );
}
