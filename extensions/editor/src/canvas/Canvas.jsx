// The canvas: draws the graph with React Flow and turns what the mouse does into edits.

import { Background, BackgroundVariant, MiniMap, ReactFlow, SelectionMode, useEdgesState, useNodesState, useReactFlow } from "@xyflow/react";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { firstFittingInput, refusal } from "../state/ports.js";
import { NODE_HEIGHT, NODE_WIDTH } from "../state/layout.js";
import { useSession, useView } from "../ui/parts.jsx";
import { useSize } from "../ui/size.js";
import { inside, isDrawn } from "../state/drawn.js";
import { ConnectionLine, edgeBetween } from "./ConnectionLine.jsx";
import { DrawnBox } from "./DrawnBox.jsx";
import { EmptyCanvas } from "./EmptyCanvas.jsx";
import { firstSight } from "./firstSight.js";
import { FlowEdge } from "./FlowEdge.jsx";
import { GhostBox } from "./GhostBox.jsx";
import { NodeBox } from "./NodeBox.jsx";
import { QuickAdd } from "./QuickAdd.jsx";
import { drawnEdges, drawnNodes } from "./sync.js";
import { ZoomBar } from "./ZoomBar.jsx";

export const DRAG_TYPE = "application/x-flowforge-kind";
const NODE_TYPES = { box: NodeBox, ghost: GhostBox, drawn: DrawnBox };
const EDGE_TYPES = { flow: FlowEdge };
const MULTI = ["Control", "Meta"];
const MAP_SIZE = { width: 160, height: 106 };
const LARGE = { width: 480, height: 340 };
const FIT = { padding: 0.1, maxZoom: 1 };

// Milliseconds of a movement of the canvas; none for those who asked their system for less motion.
const calm = (ms) => (globalThis.matchMedia?.("(prefers-reduced-motion: reduce)").matches ? 0 : ms);

export function Canvas({ theme, isActive }) {
  const session = useSession();
  const graph = useView((s) => s.graph);
  const ready = useView((s) => s.ready);
  const readOnly = useView((s) => s.readOnly);
  const showMap = useView((s) => s.preferences.minimap);
  const box = useRef(null);
  const size = useSize(box);
  const isLarge = size.width > LARGE.width && size.height > LARGE.height;
  const [nodes, setNodes, onNodesChange] = useNodesState([]);
  const [edges, setEdges, onEdgesChange] = useEdgesState([]);
  const [hovered, setHovered] = useState(null);
  const byKind = useView((s) => s.catalogue.byKind);
  const gone = useView((s) => s.difference?.gone);
  useEffect(() => setNodes((old) => drawnNodes(old, graph, gone)), [graph, gone, setNodes]);
  useEffect(() => setEdges((old) => drawnEdges(old, graph, { hovered, readOnly })), [graph, hovered, readOnly, setEdges]);
  useCanvasPort(box, setNodes);
  useKeepInSight(box);
  useFirstSight(box, ready, Object.keys(graph.nodes).length, nodes.length > 0 && nodes.every((node) => node.measured));
  const clicking = useClicking();
  const connecting = useConnecting(box);
  const hovering = useHover(setHovered);

  const onSelectionChange = useCallback(({ nodes: ns, edges: es }) => {
    const selected = ns.filter((node) => node.type === "box").map((node) => node.id);
    const selectedDrawn = ns.filter((node) => node.type === "drawn").map((node) => node.id);
    const selectedEdges = es.map((edge) => edge.id);
    session.set((s) => (same(s.selected, selected) && same(s.selectedEdges, selectedEdges) && same(s.selectedDrawn || [], selectedDrawn) ? null : { selected, selectedEdges, selectedDrawn }));
  }, [session]);

  const holding = useHolding(setNodes);
  const onNodeDragStop = useCallback((_event, node, dragged) => {
    if (holding.end(node, dragged)) return;
    const moved = dragged.filter(({ id, position: { x, y } }) => {
      const was = session.graph.nodes[id]?.position;
      return was && (was[0] !== Math.round(x) || was[1] !== Math.round(y));
    });
    const positions = Object.fromEntries(moved.map(({ id, position: { x, y } }) => [id, [Math.round(x), Math.round(y)]]));
    if (moved.length) session.edit([{ op: "move", positions }], { label: "Move" });
  }, [session, holding]);

  const drop = useDrop();
  const mapColour = useCallback((node) => (isDrawn(node.id) ? "transparent" : byKind[session.graph.nodes[node.id]?.kind]?.color || "#64748b"), [byKind, session]);
  const isEmpty = ready && !Object.keys(graph.nodes).length;
  return (
    <div className="ff-canvas" ref={box} {...drop}>
      <ReactFlow
        nodes={nodes} edges={edges} nodeTypes={NODE_TYPES} edgeTypes={EDGE_TYPES} colorMode={theme}
        onNodesChange={onNodesChange} onEdgesChange={onEdgesChange} onSelectionChange={onSelectionChange} onNodeDragStart={holding.begin} onNodeDrag={holding.drag} onNodeDragStop={onNodeDragStop}
        {...clicking} {...connecting} {...hovering}
        connectionLineComponent={ConnectionLine} connectionRadius={28} connectOnClick={false}
        elevateNodesOnSelect={false} deleteKeyCode={null} disableKeyboardA11y multiSelectionKeyCode={MULTI} selectionMode={SelectionMode.Partial}
        nodesDraggable={!readOnly} nodesConnectable={!readOnly} edgesReconnectable={false} nodeDragThreshold={3}
        minZoom={0.08} maxZoom={2} zoomOnDoubleClick={false} zoomOnScroll={isActive} preventScrolling={isActive} zoomActivationKeyCode={MULTI}
        proOptions={{ hideAttribution: true }}
      >
        <Background variant={BackgroundVariant.Dots} gap={20} size={1.4} />
        {showMap && isLarge && !isEmpty ? <MiniMap pannable zoomable nodeColor={mapColour} nodeBorderRadius={12} style={MAP_SIZE} ariaLabel="Overview of the workflow" /> : null}
      </ReactFlow>
      {isEmpty ? <EmptyCanvas /> : null}
      {!ready ? <div className="ff-loading"><i className="ff-spinner" />Waiting for the lab. In a notebook: if this stays, run the cell again.</div> : null}
      <ZoomBar isLarge={isLarge} />
      <QuickAdd box={box} />
    </div>
  );
}

const same = (a, b) => a.length === b.length && a.every((value, index) => value === b[index]);

// A node that has run shows its result first when its last look was at results.
const openAs = (session, id) => ({ tab: session.state.statuses[id] && session.state.tab !== "settings" ? "data" : undefined });

function useCanvasPort(box, setNodes) {
  const session = useSession();
  const flow = useReactFlow();
  useEffect(() => {
    const select = (ids) => {
      const chosen = new Set(ids);
      session.set({ selected: ids, selectedEdges: [] });
      // New nodes are drawn after the next render; only then can they be selected.
      setTimeout(() => setNodes((old) => old.map((n) => (n.selected === chosen.has(n.id) ? n : { ...n, selected: chosen.has(n.id) }))), 0);
    };
    const middle = () => {
      const { left, top, width, height } = box.current.getBoundingClientRect();
      return { x: left + width / 2, y: top + height / 2 };
    };
    const flowPoint = (screen) => {
      const { x, y } = flow.screenToFlowPosition(screen);
      return [Math.round(x), Math.round(y)];
    };
    session.canvas = {
      select, flowPoint,
      center: () => {
        const [x, y] = flowPoint(middle());
        return [x - NODE_WIDTH / 2, y - NODE_HEIGHT / 2];
      },
      sizes: () => Object.fromEntries(flow.getNodes().filter((n) => n.measured?.width).map((n) => [n.id, { width: n.measured.width, height: n.measured.height }])),
      fit: () => flow.fitView({ ...FIT, duration: calm(250) }),
      reveal: (ids) => flow.fitView({ nodes: ids.map((id) => ({ id })), maxZoom: 1, minZoom: Math.min(1, Math.max(flow.getZoom(), 0.6)), duration: calm(250), padding: 0.3 }),
      zoom: (factor) => flow.zoomTo(flow.getZoom() * factor, { duration: calm(120) }),
      quickAddAt: (screen, from, edge) => {
        if (!session.state.readOnly) session.set({ quickAdd: { screen: screen || middle(), from, edge } });
      },
    };
    return () => { session.canvas = null; };
  }, [session, flow, box, setNodes]);
}

/** The room of the canvas that no panel lies over, as panels do on narrow screens. */
function clearWidth(canvas) {
  const { left, width } = canvas.getBoundingClientRect();
  const panel = canvas.closest(".ff-editor")?.querySelector(".ff-inspector")?.getBoundingClientRect();
  return panel ? Math.min(width, Math.max(panel.left - left, 0)) : width;
}

// The panel of a node takes room from the canvas; the node it belongs to must not end up below it.
function useKeepInSight(box) {
  const flow = useReactFlow();
  const open = useView((s) => s.open);
  useEffect(() => {
    if (!open) return undefined;
    const timer = setTimeout(() => {
      const node = flow.getInternalNode(open);
      if (!node || !box.current) return;
      const { x, y, zoom } = flow.getViewport();
      const width = clearWidth(box.current);
      const right = (node.internals.positionAbsolute.x + (node.measured.width || NODE_WIDTH)) * zoom + x;
      if (right > width - 24) flow.setViewport({ x: x - (right - width + 24), y, zoom }, { duration: calm(160) });
    }, 60);
    return () => clearTimeout(timer);
  }, [open, flow, box]);
}

// A group takes along what stands in it: shown while it is dragged, told as one edit at the end.
function useHolding(setNodes) {
  const session = useSession();
  return useMemo(() => {
    let held = null;
    const by = ({ position: { x, y } }, [left, top]) => [x - left, y - top];
    return {
      begin: (_event, node, dragged) => {
        const isFrame = dragged.length === 1 && session.graph.drawn?.[node.id]?.kind === "group";
        held = isFrame ? { id: node.id, from: session.graph.drawn[node.id].at, ...inside(session.graph, node.id, session.canvas.sizes()) } : null;
      },
      drag: (_event, node) => {
        if (held?.id !== node.id) return;
        const [dx, dy] = by(node, held.from);
        const moved = new Map([...held.nodes.map((id) => [id, session.graph.nodes[id]?.position]), ...held.drawn.map((id) => [id, session.graph.drawn[id]?.at])]);
        setNodes((old) => old.map((n) => (moved.get(n.id) ? { ...n, position: { x: moved.get(n.id)[0] + dx, y: moved.get(n.id)[1] + dy } } : n)));
      },
      end: (node, dragged) => {
        const frame = held?.id === node.id ? held : null;
        held = null;
        if (frame) {
          const moved = by(node, frame.from);
          if (moved.some(Math.round)) session.moveFrame(frame.id, moved, frame);
          return true;
        }
        if (!dragged.some((one) => isDrawn(one.id))) return false;
        const ops = dragged.filter((one) => isDrawn(one.id)).map(({ id, position: { x, y } }) => ({ op: "draw", id, set: { at: [Math.round(x), Math.round(y)] } }));
        const positions = Object.fromEntries(dragged.filter((one) => session.graph.nodes[one.id]).map(({ id, position: { x, y } }) => [id, [Math.round(x), Math.round(y)]]));
        session.edit(Object.keys(positions).length ? [...ops, { op: "move", positions }] : ops, { label: "Move" });
        return true;
      },
    };
  }, [session, setNodes]);
}

function useFirstSight(box, ready, count, isMeasured) {
  const flow = useReactFlow();
  const done = useRef(false);
  useEffect(() => {
    if (done.current || !ready || (count && !isMeasured)) return;
    done.current = true;
    if (count) flow.setViewport(firstSight(flow.getNodes(), box.current.getBoundingClientRect()));
  }, [box, ready, count, isMeasured, flow]);
}

// The same functions at every render: a new one would draw all nodes again at every frame of a drag.
function useClicking() {
  const session = useSession();
  return useMemo(() => ({
    onNodeClick: (event, node) => {
      if (node.type === "box" && !event.shiftKey && !event.ctrlKey && !event.metaKey) session.openNode(node.id, openAs(session, node.id));
    },
    onPaneClick: () => session.set({ open: null, quickAdd: null }),
  }), [session]);
}

function useConnecting(box) {
  const session = useSession();
  return useMemo(() => ({
    isValidConnection: (c) => !refusal(session.graph, { source: c.source, from: c.sourceHandle, target: c.target, to: c.targetHandle }),
    onConnect: (c) => session.connect({ source: c.source, from: c.sourceHandle, target: c.target, to: c.targetHandle }),
    onConnectEnd: (event, state) => {
      if (state.isValid || !state.fromHandle) return;
      if (state.toHandle) return session.notify(refusal(session.graph, edgeBetween(state.fromHandle, state.toHandle)) || "These ports do not fit.", "warning");
      const point = "changedTouches" in event ? event.changedTouches[0] : event;
      const target = nodeAt(event);
      if (target) return connectToNode(session, state.fromHandle, target);
      if (!isOnPane(event)) return;
      const side = state.fromHandle.type;
      session.canvas?.quickAddAt({ x: point.clientX, y: point.clientY }, { node: state.fromHandle.nodeId, port: state.fromHandle.id, side });
    },
  }), [session, box]);
}

const nodeAt = (event) => event.composedPath().find((at) => at.classList?.contains("react-flow__node"))?.dataset.id;

const isOnPane = (event) => event.composedPath().some((at) => at.classList?.contains("react-flow__pane") || at.classList?.contains("react-flow__background"));

function connectToNode(session, handle, target) {
  if (handle.type !== "source" || handle.nodeId === target || !session.graph.nodes[target]) return;
  const input = firstFittingInput(session.graph, handle.nodeId, handle.id, target);
  const to = input?.name || session.graph.nodes[target]?.ports?.inputs?.[0]?.name || "in";
  session.connect({ source: handle.nodeId, from: handle.id, target, to });
}

// The toolbar of an edge lies above it: leaving the edge for the toolbar must not hide it.
function useHover(setHovered) {
  const timer = useRef(0);
  return useMemo(() => ({
    onEdgeMouseEnter: (_event, edge) => {
      clearTimeout(timer.current);
      setHovered(edge.id);
    },
    onEdgeMouseLeave: () => {
      clearTimeout(timer.current);
      timer.current = setTimeout(() => setHovered(null), 900);
    },
  }), [setHovered]);
}

function useDrop() {
  const session = useSession();
  return useMemo(() => ({
    onDragOver: (event) => {
      if (!event.dataTransfer.types.includes(DRAG_TYPE)) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = "copy";
    },
    onDrop: (event) => {
      const kind = event.dataTransfer.getData(DRAG_TYPE);
      if (!kind) return;
      event.preventDefault();
      event.stopPropagation();
      const [x, y] = session.canvas.flowPoint({ x: event.clientX, y: event.clientY });
      const id = session.addNode(kind, { at: [x - NODE_WIDTH / 2, y - NODE_HEIGHT / 2] });
      if (id) session.openNode(id);
    },
  }), [session]);
}
