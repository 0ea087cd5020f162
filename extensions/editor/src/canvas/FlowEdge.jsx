// An edge, its colour by the port it leaves and by whether the last run took it, and its small toolbar.

import { BaseEdge, EdgeLabelRenderer, getBezierPath, getSmoothStepPath } from "@xyflow/react";
import { memo } from "react";
import { IconButton, counted, useSession, useView } from "../ui/parts.jsx";
import { isOver } from "./states.js";

export const FlowEdge = memo(function FlowEdge(props) {
  const { id, source, target, sourceHandleId, targetHandleId, selected, data } = props;
  const taken = useView((s) => takenBy(s.statuses[source], s.statuses[target], sourceHandleId));
  const told = useView((s) => toldOf(s, source, sourceHandleId));
  const session = useSession();
  const [path, x, y] = leadsBack(props) ? getSmoothStepPath(around(props)) : getBezierPath({ ...props, curvature: 0.3 });
  const edge = { source, from: sourceHandleId, target, to: targetHandleId };
  const isShown = (data.hovered || selected) && !data.readOnly;
  return (
    <>
      <BaseEdge id={id} path={path} className={`ff-edge ${sourceHandleId === "error" ? "is-error" : ""}`} data-taken={taken} interactionWidth={18} markerEnd={props.markerEnd} />
      {told && !isShown ? (
        <EdgeLabelRenderer>
          <div className="ff-edge-told" style={{ transform: `translate(-50%, -50%) translate(${x}px, ${y}px)` }}>{told}</div>
        </EdgeLabelRenderer>
      ) : null}
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

const BELOW = 96;
const LANE = 12;
const leadsBack = ({ sourceX, targetX }) => targetX < sourceX;

// An edge that leads back goes round below the nodes; those that leave one node do not lie on one another.
function around(props) {
  const lane = [...props.id].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % 4;
  return { ...props, centerY: Math.max(props.sourceY, props.targetY) + BELOW + lane * LANE, borderRadius: 14, offset: 26 };
}

/** What went along an edge: items the last time, and how often it was taken. */
function toldOf({ ways, statuses }, source, port) {
  const way = ways ? ways[`${source}.${port}`] : lastWay(statuses[source], port);
  if (!way) return "";
  const items = way.items === null || way.items === undefined ? "" : counted(way.items, "item");
  return [items, way.count > 1 ? `×${way.count}` : ""].filter(Boolean).join(" · ");
}

const lastWay = (status, port) => (status?.port === port && isOver(status.state) ? { count: status.visits || 1, items: status.items } : null);

function takenBy(source, target, port) {
  const isDone = source && (source.state === "succeeded" || source.state === "failed");
  if (!isDone || source.port !== port) return undefined;
  return target?.state === "running" || target?.state === "queued" || target?.state === "looping" ? "now" : source.state === "failed" ? "error" : "yes";
}
