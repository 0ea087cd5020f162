// The small palette that opens where a connection was dropped, on an edge, or by key: pick the next node.

import { useMemo, useState } from "react";
import { search } from "../state/fuzzy.js";
import { NODE_HEIGHT } from "../state/layout.js";
import { fits } from "../state/ports.js";
import { useChoice } from "../ui/choice.js";
import { Icon } from "../ui/Icon.jsx";
import { useSession, useView } from "../ui/parts.jsx";

const WIDTH = 288;
const HEIGHT = 320;

export function QuickAdd({ box }) {
  const ask = useView((s) => s.quickAdd);
  return ask ? <Chooser key={`${ask.screen.x},${ask.screen.y}`} ask={ask} box={box} /> : null;
}

function Chooser({ ask, box }) {
  const session = useSession();
  const types = useView((s) => s.catalogue.types);
  const recent = useView((s) => s.preferences.recent);
  const [query, setQuery] = useState("");
  const offered = useMemo(() => offer(session, types, recent, ask), [session, types, recent, ask]);
  const found = useMemo(() => search(offered, query), [offered, query]);
  const close = () => {
    session.set({ quickAdd: null });
    session.focus?.();
  };
  const pick = (type) => {
    close();
    place(session, type, ask);
  };
  const { index, setIndex, list, field } = useChoice(found, query, { onPick: pick, onClose: close });
  const at = placeOf(box.current, ask.screen);
  return (
    <>
      <div className="ff-away" onMouseDown={close} />
      <div className="ff-quickadd nowheel" style={{ left: at.x, top: at.y, width: WIDTH, maxHeight: at.height }} role="dialog" aria-label="Add a node">
        <label className="ff-search"><Icon name="search" size={14} /><input {...field} value={query} placeholder={ask.from ? "What comes next?" : "Add a node"} aria-label="Search node types" onChange={(e) => setQuery(e.target.value)} /></label>
        <div className="ff-quickadd-list" ref={list} role="listbox">
          {found.map((type, row) => (
            <button key={type.kind} type="button" role="option" aria-selected={row === index} className="ff-quickadd-item" style={{ "--tint": type.color }} onMouseMove={() => setIndex(row)} onClick={() => pick(type)}>
              <span className="ff-tile"><Icon name={type.icon} size={15} /></span>
              <span><b>{type.title}</b><small title={type.summary}>{type.summary}</small></span>
            </button>
          ))}
          {found.length ? null : <p className="ff-none">Nothing fits “{query}”.</p>}
        </div>
      </div>
    </>
  );
}

function offer(session, types, recent, ask) {
  const fitting = ask.from || ask.edge ? types.filter((type) => canJoin(session, type, ask)) : types;
  const rank = (type) => (recent.includes(type.kind) ? recent.indexOf(type.kind) : 99);
  return [...fitting].sort((a, b) => rank(a) - rank(b));
}

function canJoin(session, type, { from, edge }) {
  const end = from || { node: edge.source, port: edge.from, side: "source" };
  const node = session.graph.nodes[end.node];
  const own = (end.side === "source" ? node?.ports?.outputs : node?.ports?.inputs)?.find((port) => port.name === end.port);
  const theirs = end.side === "source" ? type.ports.inputs : type.ports.outputs;
  return theirs.some((port) => fits(own?.type || "any", port.type));
}

function place(session, type, { screen, from, edge }) {
  const [x, y] = session.canvas.flowPoint(screen);
  if (edge) return session.insertInto(edge, type.kind, [x - 104, y + 48]);
  const next = from?.isNext ? besideOf(session.graph, from.node) : null;
  const at = next || (from?.side === "target" ? [x - 208, y - NODE_HEIGHT / 2] : [x, y - NODE_HEIGHT / 2]);
  const id = session.addNode(type.kind, { at, from });
  if (id) session.openNode(id);
}

const STEP = 280;
const NEAR = 60;

/** Return the place to the right of a node, in one line with it; null if there is a node. */
function besideOf(graph, id) {
  const [x, y] = graph.nodes[id].position;
  const isTaken = Object.values(graph.nodes).some(({ position }) => Math.abs(position[0] - x - STEP) < 208 && Math.abs(position[1] - y) < NEAR);
  return isTaken ? null : [x + STEP, y];
}

function placeOf(box, screen) {
  const frame = box.getBoundingClientRect();
  const height = Math.min(HEIGHT, frame.height - 16);
  const clamp = (value, most) => Math.max(8, Math.min(value, most - 8));
  return { x: clamp(screen.x - frame.left, frame.width - WIDTH), y: clamp(screen.y - frame.top - 20, frame.height - height), height };
}
