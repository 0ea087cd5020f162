// Two executions of one workflow: which nodes went another way, and what they gave in each.

import { STATES } from "../canvas/states.js";
import { ValueBox } from "../inspector/ValueBox.jsx";
import { Icon } from "../ui/Icon.jsx";
import { Button, Dialog, lasted, moment, useSession, useView } from "../ui/parts.jsx";

/** Choose what to compare with. */
export function CompareDialog() {
  const session = useSession();
  const others = useView((s) => s.others);
  return (
    <Dialog title="Compare with" width={560} onClose={() => session.set({ dialog: null })}>
      <div className="ff-dialog-body ff-heads">
        {others === null ? <div className="ff-loading is-inline"><i className="ff-spinner" />Reading…</div> : null}
        {others?.length === 0 ? <p className="ff-none">There is no other execution of this workflow yet.</p> : null}
        {others?.map((head) => (
          <button key={head.id} type="button" className="ff-head-row" data-state={head.status} onClick={() => session.compare(head.id)}>
            <Icon name={STATES[head.status]?.icon || "clock"} size={13} /><b>{STATES[head.status]?.word || head.status}</b>
            <span>{moment(head.created_at)}</span><code>{head.id}</code>
          </button>
        ))}
      </div>
    </Dialog>
  );
}

export function ComparePanel() {
  const session = useSession();
  const comparison = useView((s) => s.comparison);
  const sides = useView((s) => s.sides);
  if (!comparison) return null;
  const entries = Object.entries(comparison.nodes).sort(([, a], [, b]) => b.different.length - a.different.length);
  const count = entries.filter(([, one]) => one.different.length).length;
  return (
    <>
      <p className="ff-help">Left is this execution, right is <code>{comparison.with.id}</code> ({comparison.with.status}). {count ? `${count} of ${entries.length} nodes went another way.` : "Every node went the same way."}</p>
      <div className="ff-inline"><Button icon="external-link" onClick={() => session.show(comparison.with.id)}>Open the other</Button><Button icon="x" onClick={() => session.set({ comparison: null, tab: "execution" })}>End</Button></div>
      {entries.map(([node, one]) => (
        <details key={node} className="ff-compared" data-same={!one.different.length || undefined} onToggle={(event) => event.currentTarget.open && !sides[node] && session.askSides(node)}>
          <summary><b>{node}</b><Side side={one.left} /><Icon name="arrow-right" size={12} /><Side side={one.right} /><em>{one.different.join(", ") || "same"}</em></summary>
          <div className="ff-two">
            {["left", "right"].map((side) => <div key={side}><small>{side === "left" ? "This one" : "The other"}</small>{sides[node]?.[side] ? <ValueBox value={sides[node][side].error ?? sides[node][side].output ?? null} /> : <p className="ff-help">{sides[node] ? "did not come here" : "Reading…"}</p>}</div>)}
          </div>
        </details>
      ))}
    </>
  );
}

const Side = ({ side }) => (side ? <span data-state={side.status}>{STATES[side.status]?.word || side.status}{side.duration !== null ? ` ${lasted(side.duration)}` : ""}{side.visits > 1 ? ` ×${side.visits}` : ""}</span> : <span>–</span>);
