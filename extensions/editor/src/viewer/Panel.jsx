// The panel at the right: the selected step, the execution, its variables, the debugger, a comparison.

import { Icon } from "../ui/Icon.jsx";
import { IconButton, Tabs, useSession, useView } from "../ui/parts.jsx";
import { ComparePanel } from "./Compare.jsx";
import { DebugPanel } from "./DebugPanel.jsx";
import { ExecutionPanel, VariablesPanel } from "./ExecutionPanel.jsx";
import { StepPanel } from "./StepPanel.jsx";

const BODIES = { step: StepPanel, execution: ExecutionPanel, variables: VariablesPanel, debug: DebugPanel, compare: ComparePanel };

/** `isNarrow` says that the panel would lie on the canvas, so that it comes only when it is asked for. */
export function Panel({ isNarrow }) {
  const session = useSession();
  const open = useView((s) => s.open);
  const tab = useView((s) => s.tab);
  const isShown = useView((s) => s.panel ?? (s.preferences.panel ?? true));
  const comparison = useView((s) => s.comparison);
  const variables = useView((s) => Object.keys(s.moment?.variables || {}).length);
  const stops = useView((s) => Object.keys(s.run.breakpoints || {}).length);
  const type = useView((s) => s.catalogue.byKind[s.graph.nodes[s.open]?.kind?.split("@")[0]]);
  const label = useView((s) => s.graph.nodes[s.open]?.label);
  const isAsked = useView((s) => s.panel === true);
  if (!open && (!isShown || (isNarrow && !isAsked))) {
    return <div className="ff-panel-handle"><IconButton icon="panel-right" label="Show the panel" onClick={() => { session.setPreferences({ panel: true }); session.set({ panel: true }); }} /></div>;
  }
  const items = [
    ...(open ? [{ id: "step", title: "Step" }] : []),
    { id: "execution", title: "Execution" },
    { id: "variables", title: "Variables", count: variables },
    { id: "debug", title: "Debug", count: stops },
    ...(comparison ? [{ id: "compare", title: "Compare" }] : []),
  ];
  const shown = items.some((item) => item.id === tab) ? tab : items[0].id;
  const Body = BODIES[shown];
  return (
    <aside className="ff-inspector ff-step-panel" aria-label={open ? `Step ${open}` : "Execution"} style={{ "--tint": type?.color || "var(--ff-accent)" }}>
      <header className="ff-inspector-head">
        <span className="ff-tile"><Icon name={open ? type?.icon || "circle-help" : "workflow"} size={18} /></span>
        <div className="ff-inspector-names">
          <span className="ff-name is-static">{open ? label || type?.title || open : "Execution"}</span>
          <span className="ff-kind">{open ? <>{type?.title || "Unknown node type"} <code>{open}</code></> : "Pick a step on the canvas or in the timeline"}</span>
        </div>
        <IconButton icon="x" label="Close" keys="Esc" onClick={() => (open ? session.close() : (session.setPreferences({ panel: false }), session.set({ panel: false })))} />
      </header>
      <Tabs value={shown} onChange={(next) => session.set({ tab: next })} items={items} />
      <div className="ff-inspector-body"><Body key={shown === "step" ? open : shown} /></div>
    </aside>
  );
}
