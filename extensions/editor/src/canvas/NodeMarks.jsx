// Marks on a node in the viewer: its breakpoint, whether the execution stands before it, how it differs in a comparison.

import { Icon } from "../ui/Icon.jsx";
import { useSession, useView } from "../ui/parts.jsx";

export function NodeMarks({ id }) {
  const session = useSession();
  const condition = useView((s) => s.run?.breakpoints?.[id]);
  const canStop = useView((s) => Boolean(s.canSteer) && s.run?.finished_at === undefined && !isTrigger(s, id));
  const isNext = useView((s) => Boolean(s.moment?.waiting?.some((one) => one.node === id)) && (s.run?.status === "paused" || s.seq !== null));
  const different = useView((s) => s.comparison?.nodes[id]?.different);
  const has = condition !== undefined;
  const label = has ? `Breakpoint${condition ? `: ${condition}` : ""}; click to take it away` : "Set a breakpoint: stop before this node";
  return (
    <>
      {has || canStop ? (
        <button type="button" className="ff-breakpoint nodrag" data-on={has || undefined} data-condition={condition || undefined} disabled={!canStop} aria-pressed={has} aria-label={label} title={label} onClick={(event) => { event.stopPropagation(); session.toggleBreakpoint(id); }} />
      ) : null}
      {isNext ? <span className="ff-next" title="Waits to start here"><Icon name="circle-pause" size={12} />next</span> : null}
      {different ? <span className="ff-different" data-same={!different.length || undefined} title={different.length ? `Different: ${different.join(", ")}` : "The same in both"}><Icon name={different.length ? "git-compare" : "equal"} size={12} />{different.join(", ")}</span> : null}
    </>
  );
}

const isTrigger = (s, id) => Boolean(s.catalogue.byKind[s.graph.nodes[id]?.kind?.split("@")[0]]?.is_trigger);
