// The line while a connection is drawn; over a port that does not fit it says why.

import { getBezierPath } from "@xyflow/react";
import { refusal } from "../state/ports.js";
import { useSession } from "../ui/parts.jsx";

export function ConnectionLine({ fromX, fromY, toX, toY, fromPosition, toPosition, fromHandle, toHandle, connectionStatus }) {
  const session = useSession();
  const [path] = getBezierPath({ sourceX: fromX, sourceY: fromY, targetX: toX, targetY: toY, sourcePosition: fromPosition, targetPosition: toPosition, curvature: 0.3 });
  const reason = toHandle && connectionStatus === "invalid" ? refusal(session.graph, edgeBetween(fromHandle, toHandle)) : null;
  return (
    <g className={`ff-connection is-${connectionStatus || "open"}`}>
      <path d={path} fill="none" />
      <circle cx={toX} cy={toY} r="4" />
      {reason ? (
        <foreignObject x={toX + 12} y={toY + 8} width="260" height="90" style={{ overflow: "visible" }}>
          <div className="ff-refusal">{reason}</div>
        </foreignObject>
      ) : null}
    </g>
  );
}

/** Return the edge between two handles, whichever of them it was drawn from. */
export function edgeBetween(a, b) {
  const [from, to] = a.type === "source" ? [a, b] : [b, a];
  return { source: from.nodeId, from: from.id, target: to.nodeId, to: to.id };
}
