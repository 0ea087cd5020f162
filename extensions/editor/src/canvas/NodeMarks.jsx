// Marks on a node. In the viewer: its breakpoint, whether the execution stands before it, how it differs in a comparison.
// In the editor: that its data is pinned, and how it differs from another version.

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

const SIGNS = { added: "plus", changed: "pencil", renamed: "arrow-right" };

export function EditMarks({ id }) {
  const session = useSession();
  const condition = useView((s) => s.breakpoints[id]);
  const canStop = useView((s) => s.canRun && !isTrigger(s, id));
  const isPinned = useView((s) => id in s.pins);
  const changes = useView((s) => s.difference?.of[id]);
  const own = changes?.filter((change) => change.what === "node");
  const how = own?.find((change) => change.how === "added")?.how ?? own?.[0]?.how ?? (changes ? "changed" : null);
  const has = condition !== undefined;
  const label = has ? `Breakpoint${condition ? `: ${condition}` : ""}; click to take it away` : "Set a breakpoint: runs of this editor stop before this node";
  return (
    <>
      {has || canStop ? <button type="button" className="ff-breakpoint nodrag" data-on={has || undefined} data-condition={condition || undefined} aria-pressed={has} aria-label={label} title={label} onClick={(event) => { event.stopPropagation(); session.toggleBreakpoint(id); }} /> : null}
      {isPinned ? <span className="ff-next is-pin" title="Its data is pinned: runs of this editor use it in place of the node"><Icon name="pin" size={11} />pinned</span> : null}
      {how ? <span className="ff-different" data-how={how} title={changes.map((change) => change.text).join("\n")}><Icon name={SIGNS[how] || "pencil"} size={11} />{how === "changed" ? [...new Set(changes.map((change) => change.path || change.what))].slice(0, 2).join(", ") : how}</span> : null}
    </>
  );
}
