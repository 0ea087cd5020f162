// The timeline: a bar a visit, over the time it took, with its attempts and waits; below it the slider through every
// event. Only the rows and bars in sight are drawn, so that five steps and five thousand feel alike.

import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { STATES } from "../canvas/states.js";
import { Icon } from "../ui/Icon.jsx";
import { IconButton, counted, lasted, useSession, useView } from "../ui/parts.jsx";
import { useSize } from "../ui/size.js";
import { criticalPath, endOf, fineTime, isOver, markAt, piecesOf, rowsOf, startOf, ticks, visibleIn } from "./track.js";

const ROW = 22;
const OVERSCAN = 6;
const MIN_SPAN = 0.001;
const PADDING = 0.02;

export function Timeline() {
  const session = useSession();
  const { isOpen, height, mode, critical } = useView((s) => s.timeline);
  const visits = useView((s) => s.visits);
  const run = useView((s) => s.run);
  const seq = useView((s) => s.seq);
  const graph = useView((s) => s.graph);
  const now = useNow(run);
  const rows = useMemo(() => rowsOf(visits, mode, Object.keys(graph.nodes)), [visits, mode, graph]);
  const path = useMemo(() => (critical ? criticalPath(visits) : null), [visits, critical]);
  const [zoom, setZoom] = useState(null); // [from, to] in seconds; null shows everything
  useEffect(() => setZoom(null), [run.execution_id]);
  const whole = [0, Math.max(now, MIN_SPAN)];
  const range = zoom || [whole[0], whole[1] * (1 + PADDING)];
  const onWay = path ? visits.filter((visit) => path.has(visit.n)).reduce((sum, visit) => (visit.turns ? sum : sum + (endOf(visit) ?? now) - startOf(visit)), 0) : 0;
  return (
    <section className="ff-timeline" aria-label="Timeline" data-open={isOpen || undefined} style={isOpen ? { height } : undefined}>
      {isOpen ? <Grip height={height} /> : null}
      <header>
        <IconButton icon={isOpen ? "chevron-down" : "chevron-up"} label={isOpen ? "Hide the timeline" : "Show the timeline"} keys="T" size={14} onClick={() => session.setTimeline({ isOpen: !isOpen })} />
        <b>Timeline</b>
        <span className="ff-dim">{counted(visits.length, "step")}{path ? ` · critical path ${lasted(onWay)} in ${path.size}` : ""}</span>
        <Slider />
        {isOpen ? <Legend visits={visits} /> : null}
        {isOpen ? (
          <div className="ff-tool-group">
            <div className="ff-segments is-small" role="radiogroup" aria-label="Rows">
              {[["steps", "Steps"], ["nodes", "Nodes"]].map(([id, title]) => <button key={id} type="button" role="radio" aria-checked={mode === id} onClick={() => session.setTimeline({ mode: id })}>{title}</button>)}
            </div>
            <IconButton icon="route" label="Critical path: what decided how long it took" active={critical} onClick={() => session.setTimeline({ critical: !critical })} />
            <IconButton icon="zoom-in" label="Zoom in" size={14} onClick={() => setZoom(zoomed(range, 0.5, 0.5, whole))} />
            <IconButton icon="zoom-out" label="Zoom out" size={14} disabled={!zoom} onClick={() => setZoom(zoomed(range, 2, 0.5, whole))} />
            <IconButton icon="maximize" label="Show the whole time" size={14} disabled={!zoom} onClick={() => setZoom(null)} />
          </div>
        ) : null}
      </header>
      {isOpen ? <Rows rows={rows} range={range} now={now} seq={seq} path={path} onZoom={(factor, at) => setZoom(zoomed(range, factor, at, whole))} onMove={(by) => setZoom((old) => (old ? moved(old, by, whole) : old))} /> : null}
    </section>
  );
}

/** What the pieces of bars mean that are not plain work; nothing where there are none. */
function Legend({ visits }) {
  const hasWaits = visits.some((visit) => visit.marks.some(([, , state]) => state === "waiting" || state === "retrying"));
  const hasTries = visits.some((visit) => visit.tries.length);
  if (!hasWaits && !hasTries) return null;
  return <span className="ff-legend">{hasWaits ? <span><i data-kind="waiting" />wait</span> : null}{hasTries ? <span><i data-kind="tried" />failed attempt</span> : null}</span>;
}

/** Seconds since the start; goes on while the execution does. */
function useNow(run) {
  const [now, setNow] = useState(0);
  const isLive = run.finished_at === undefined && run.status !== "paused" && Boolean(run.started_at);
  useEffect(() => {
    if (!isLive) return undefined;
    const tick = () => setNow(Date.now() / 1000 - run.started_at);
    tick();
    const timer = setInterval(tick, 100);
    return () => clearInterval(timer);
  }, [isLive, run.started_at]);
  return isLive ? Math.max(now, run.last || 0) : run.last || 0;
}

function zoomed([from, to], factor, at, [first, last]) {
  const span = Math.max((to - from) * factor, MIN_SPAN);
  const centre = from + (to - from) * at;
  const next = [centre - span * at, centre + span * (1 - at)];
  const end = last * (1 + PADDING);
  if (span >= end - first) return null;
  return moved(next, 0, [first, last]);
}

function moved([from, to], by, [first, last]) {
  const span = to - from;
  const start = Math.min(Math.max(from + by, first), Math.max(last * (1 + PADDING) - span, first));
  return [start, start + span];
}

function Rows({ rows, range, now, seq, path, onZoom, onMove }) {
  const session = useSession();
  const box = useRef(null);
  const plot = useRef(null);
  const size = useSize(box);
  const [top, setTop] = useState(0);
  const selected = useView((s) => s.visit);
  const graph = useView((s) => s.graph);
  const cursor = seq === null ? null : session.timeAt(seq);
  const [from, to] = range;
  const labels = size.width < 620 ? 96 : 190;
  const width = Math.max(size.width - labels - 12, 50);
  const x = (seconds) => ((seconds - from) / (to - from)) * width;
  const first = Math.max(0, Math.floor(top / ROW) - OVERSCAN);
  const shown = rows.slice(first, Math.ceil((top + size.height) / ROW) + OVERSCAN);
  useFollowSelection(box, rows, selected);
  useFollowTime(box, rows, seq);
  useWheel(plot, labels, width, onZoom, (share) => onMove(share * (to - from)));
  const onAxis = useAxis(plot, labels, (share) => session.travelTo(from + share * (to - from)), width);
  const onKeyDown = (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    const at = rows.findIndex((row) => row.visits.some((visit) => visit.n === selected));
    const next = rows[Math.min(Math.max(at + step, 0), rows.length - 1)];
    if (next) session.openVisit(next.visits.at(step > 0 ? 0 : -1).n);
  };
  return (
    <div className="ff-time-plot" ref={plot} style={{ "--labels": `${labels}px` }}>
      <div className="ff-time-axis" style={{ height: 20 }} {...onAxis} title="Click or drag to look at that moment">
        {ticks(from, to, width / 90).map((at, _index, all) => <span key={at} style={{ left: labels + x(at) }}>{fineTime(at, all[1] - all[0]) ?? lasted(at)}</span>)}
        {cursor !== null ? <i className="ff-time-flag" style={{ left: labels + x(cursor) }} /> : null}
      </div>
      <div className="ff-time-rows nowheel" ref={box} onScroll={(event) => setTop(event.currentTarget.scrollTop)} tabIndex={0} role="listbox" aria-label="Steps" aria-activedescendant={selected !== null ? `ff-visit-${selected}` : undefined} onKeyDown={onKeyDown}>
        <div style={{ height: rows.length * ROW }}>
          {shown.map((row, index) => (
            <TimeRow key={row.key} row={row} top={(first + index) * ROW} x={x} range={range} width={width} now={now} seq={seq ?? Infinity} path={path} selected={selected} title={graph.nodes[row.node]?.label || row.node} />
          ))}
        </div>
        {rows.length ? null : <p className="ff-none">Nothing has run yet.</p>}
      </div>
      {cursor !== null && cursor >= from && cursor <= to ? <i className="ff-time-cursor" style={{ left: labels + x(cursor) }} /> : null}
    </div>
  );
}

function TimeRow({ row, top, x, range, width, now, seq, path, selected, title }) {
  const session = useSession();
  const [from, to] = range;
  const gap = ((to - from) / width) * 2;
  const bars = visibleIn(row.visits, from, to, row.visits.length > 1 ? gap : 0);
  const isSelected = row.visits.some((visit) => visit.n === selected);
  const only = row.visits.length === 1 ? row.visits[0] : null;
  const last = row.visits.findLast((visit) => markAt(visit, seq)) || row.visits[0];
  const state = markAt(last, seq)?.[2] || "queued";
  const took = only ? (only.seeded ? only.took : (endOf(only) ?? now) - startOf(only)) : null;
  return (
    <div className="ff-time-row" id={only ? `ff-visit-${only.n}` : undefined} role="option" aria-selected={isSelected} style={{ top, height: ROW }} onClick={() => session.openVisit((only || last).n)}>
      <span className="ff-time-label" data-state={state} style={{ paddingLeft: 8 + Math.min(row.depth, 4) * 10 }} title={`${title}${only?.scope ? `, turn ${only.scope.at(-1)[1] + 1}` : ""}: ${STATES[state]?.word || state}`}>
        <Icon name={STATES[state]?.icon || "clock"} size={11} /><b>{row.lane ? "" : title}</b>
        <small>{only ? (only.scope ? `#${only.scope.at(-1)[1] + 1}` : "") : `×${row.visits.length}`}</small>
      </span>
      <span className="ff-time-bars">
        {bars.map((bar) => (bar.count > 1
          ? <i key={bar.visit.n} className="ff-bar is-many" style={{ left: x(bar.start), width: Math.max(x(bar.end) - x(bar.start), 2) }} title={counted(bar.count, "step")} />
          : <Bar key={bar.visit.n} visit={bar.visit} x={x} width={width} now={now} seq={seq} isCritical={path?.has(bar.visit.n)} isDim={Boolean(path) && !path.has(bar.visit.n)} isSelected={bar.visit.n === selected} session={session} />))}
        {only && took !== null && endOf(only, seq) !== null && x(endOf(only) ?? now) < width - 54 ? <small className="ff-time-took" style={{ left: Math.max(x(endOf(only) ?? now), 0) + 6 }}>{lasted(took)}{only.tries.length ? ` · ${only.tries.length + 1} attempts` : ""}</small> : null}
      </span>
    </div>
  );
}

function Bar({ visit, x, width, now, seq, isCritical, isDim, isSelected, session }) {
  const isThere = markAt(visit, seq);
  if (!isThere) return null;
  const end = endOf(visit, seq) ?? (isOver(visit) ? session.timeAt(seq) : now);
  const left = Math.max(x(startOf(visit)), -4);
  const right = Math.min(x(end), width + 4);
  const state = isThere[2];
  const title = `${visit.node} · ${STATES[state]?.word || state} · ${lasted(end - startOf(visit))}${visit.tries.length ? ` · ${visit.tries.length + 1} attempts` : ""}${visit.error ? ` · ${visit.error.title}` : ""}`;
  return (
    <span className="ff-bar" data-state={state} data-critical={isCritical || undefined} data-dim={isDim || undefined} data-selected={isSelected || undefined} data-seeded={visit.seeded || undefined} style={{ left, width: Math.max(right - left, 3) }} title={title} onClick={(event) => { event.stopPropagation(); session.openVisit(visit.n); }}>
      {piecesOf(visit, end, seq).filter((piece) => piece.kind !== "running").map((piece, index) => <i key={index} data-kind={piece.kind} style={{ left: Math.max(x(piece.from), left) - left, width: Math.max(Math.min(x(Math.min(piece.to, end)), right) - Math.max(x(piece.from), left), 1) }} />)}
    </span>
  );
}

// The selected step scrolls into sight, whether it was chosen on the canvas or by key.
function useFollowSelection(box, rows, selected) {
  useEffect(() => {
    if (selected === null) return;
    const at = rows.findIndex((row) => row.visits.some((visit) => visit.n === selected));
    const { scrollTop, clientHeight } = box.current;
    if (at < 0 || (at * ROW >= scrollTop && (at + 1) * ROW <= scrollTop + clientHeight)) return;
    box.current.scrollTop = at * ROW - clientHeight / 2;
  }, [box, rows, selected]);
}

// While time is travelled through, what happened last is in sight.
function useFollowTime(box, rows, seq) {
  useEffect(() => {
    if (seq === null) return;
    const at = rows.findLastIndex((row) => row.visits[0].marks[0][0] <= seq);
    const { scrollTop, clientHeight } = box.current;
    if (at >= 0 && (at * ROW < scrollTop || (at + 1) * ROW > scrollTop + clientHeight)) box.current.scrollTop = (at + 2) * ROW - clientHeight;
  }, [box, rows, seq]);
}

// React listens to wheels passively, so that a page zoom could not be kept away.
function useWheel(plot, labels, width, onZoom, onMove) {
  const latest = useRef({});
  latest.current = { onZoom, onMove, labels, width };
  useEffect(() => {
    const element = plot.current;
    const onWheel = (event) => {
      const { labels: offset, width: room } = latest.current;
      if (event.ctrlKey || event.metaKey) {
        event.preventDefault();
        const share = (event.clientX - element.getBoundingClientRect().left - offset) / room;
        latest.current.onZoom(Math.exp(event.deltaY * 0.002), Math.min(Math.max(share, 0), 1));
      } else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
        event.preventDefault();
        latest.current.onMove((event.deltaX || event.deltaY) / room);
      }
    };
    element.addEventListener("wheel", onWheel, { passive: false });
    return () => element.removeEventListener("wheel", onWheel);
  }, [plot]);
}

function useAxis(plot, labels, onShare, width) {
  const shareOf = (event) => Math.min(Math.max((event.clientX - plot.current.getBoundingClientRect().left - labels) / width, 0), 1);
  return {
    onPointerDown: (event) => {
      event.currentTarget.setPointerCapture(event.pointerId);
      onShare(shareOf(event));
    },
    onPointerMove: (event) => event.currentTarget.hasPointerCapture(event.pointerId) && onShare(shareOf(event)),
  };
}

function Grip({ height }) {
  const session = useSession();
  const start = useRef(null);
  const set = (value) => session.setTimeline({ height: Math.min(Math.max(value, 90), 600) });
  return (
    <div
      className="ff-grip" role="separator" aria-orientation="horizontal" aria-label="Height of the timeline" aria-valuenow={height} tabIndex={0}
      onPointerDown={(event) => { event.currentTarget.setPointerCapture(event.pointerId); start.current = { y: event.clientY, height }; }}
      onPointerMove={(event) => start.current && event.currentTarget.hasPointerCapture(event.pointerId) && set(start.current.height + start.current.y - event.clientY)}
      onPointerUp={() => { start.current = null; }}
      onKeyDown={(event) => ({ ArrowUp: () => set(height + 20), ArrowDown: () => set(height - 20) })[event.key]?.()}
    />
  );
}

/** Through every event of the execution, one by one or by dragging. */
function Slider() {
  const session = useSession();
  const seq = useView((s) => s.seq);
  const last = useView((s) => s.run.seq || 1);
  const moment = useView((s) => s.moment);
  const [isPlaying, setPlaying] = useState(false);
  const play = useCallback(() => {
    const { seq: at, run } = session.state;
    if (at === null || at >= run.seq) {
      setPlaying(false);
      session.travel(null);
    } else session.travel(at + Math.max(1, Math.ceil(run.seq / 160)));
  }, [session]);
  useEffect(() => {
    if (!isPlaying) return undefined;
    const timer = setInterval(play, 120);
    return () => clearInterval(timer);
  }, [isPlaying, play]);
  const start = () => {
    if (!isPlaying && session.state.seq === null) session.travel(1);
    setPlaying(!isPlaying);
  };
  const at = seq ?? last;
  const told = seq === null ? `${counted(last, "event")}` : `${at} of ${last}${moment?.seq === seq ? ` · ${moment.event}${moment.of ? ` ${moment.of}` : ""}` : ""}`;
  return (
    <div className="ff-slider">
      <IconButton icon={isPlaying ? "pause" : "play"} size={13} label={isPlaying ? "Stop" : "Play from here"} disabled={last < 2} onClick={start} />
      <IconButton icon="chevron-right" className="is-back" size={14} label="One event back" keys="," disabled={at <= 1} onClick={() => session.travel(at - 1)} />
      <input type="range" min={1} max={Math.max(last, 2)} value={at} aria-label="Moment" aria-valuetext={told} onChange={(event) => { setPlaying(false); session.travel(Number(event.target.value)); }} />
      <IconButton icon="chevron-right" size={14} label="One event on" keys="." disabled={seq === null} onClick={() => session.travel(at + 1)} />
      <span className="ff-slider-told">{told}</span>
    </div>
  );
}
