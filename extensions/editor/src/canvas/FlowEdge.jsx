// An edge, its colour by the port it leaves and by whether the last run took it, and its small toolbar.

import { BaseEdge, EdgeLabelRenderer, getBezierPath } from "@xyflow/react";
import { memo } from "react";
import { IconButton, useSession, useView } from "../ui/parts.jsx";

export const FlowEdge = memo(function FlowEdge(props) {
  const { id, source, target, sourceHandleId, targetHandleId, selected, data } = props;
  const taken = useView((s) => takenBy(s.statuses[source], s.statuses[target], sourceHandleId));
  const session = useSession();
  const [path, x, y] = getBezierPath({ ...props, curvature: 0.3 });
  const edge = { source, from: sourceHandleId, target, to: targetHandleId };
  const isShown = (data.hovered || selected) && !data.readOnly;
  return (
    <>
      <BaseEdge id={id} path={path} className={`ff-edge ${sourceHandleId === "error" ? "is-error" : ""}`} data-taken={taken} interactionWidth={18} markerEnd={props.markerEnd} />
      {isShown ? (
        <EdgeLabelRenderer>
          <div className="ff-edge-tools nodrag nopan" data-edge={id} style={{ transform: `translate(-50%, -50%) translate(${x}px, ${y}px)` }}>
            <IconButton icon="plus" size={12} label="Insert a node here" onClick={(event) => session.canvas?.quickAddAt({ x: event.clientX, y: event.clientY }, null, edge)} />
            <IconButton icon="trash-2" size={12} label="Remove the connection" onClick={() => session.edit([{ op: "disconnect", edge }])} />
          </div>
        </EdgeLabelRenderer>
      ) : null}
    </>
  );
});

function takenBy(source, target, port) {
  const isDone = source && (source.state === "succeeded" || source.state === "failed");
  if (!isDone || source.port !== port) return undefined;
  return target?.state === "running" || target?.state === "queued" ? "now" : source.state === "failed" ? "error" : "yes";
}
