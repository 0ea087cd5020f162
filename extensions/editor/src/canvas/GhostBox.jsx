// A node that another version has and this one has not.

import { Icon } from "../ui/Icon.jsx";
import { useView } from "../ui/parts.jsx";

export function GhostBox({ data }) {
  const type = useView((s) => s.catalogue.byKind[data.kind?.split("@")[0]]);
  return (
    <div className="ff-node is-ghost" style={{ "--tint": type?.color || "#64748b" }} title={`Removed: ${data.id}`}>
      <div className="ff-node-head">
        <span className="ff-tile"><Icon name={type?.icon || "circle-help"} size={18} /></span>
        <span className="ff-node-text"><span className="ff-node-title">{data.label || type?.title || data.kind}</span><span className="ff-node-id">{data.id}</span></span>
      </div>
      <span className="ff-different" data-how="removed"><Icon name="minus" size={11} />removed</span>
    </div>
  );
}
