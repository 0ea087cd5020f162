// The execution viewer: the canvas as it ran, the timeline below it, and the panel of what is selected.

import { useEffect, useRef, useState } from "react";
import { Canvas } from "../canvas/Canvas.jsx";
import { STATES } from "../canvas/states.js";
import { Notices } from "../run/Bars.jsx";
import { useElapsed } from "../run/RunBits.jsx";
import { KeysDialog } from "../ui/KeysDialog.jsx";
import { Icon } from "../ui/Icon.jsx";
import { Button, IconButton, SessionContext, lasted, useSession, useView } from "../ui/parts.jsx";
import { useFullscreen, useKeptFocus, useTrait } from "../ui/page.js";
import { useSize } from "../ui/size.js";
import { useTheme } from "../ui/theme.js";
import { CompareDialog } from "./Compare.jsx";
import { isForPage } from "../ui/keys.js";
import { VIEWER_KEYS, viewerKey } from "./keys.js";
import { Panel } from "./Panel.jsx";
import { CutOffBanner, ResumeDialog } from "./Resume.jsx";
import { Timeline } from "./Timeline.jsx";

const NARROW = 820;

export function Viewer({ session, host }) {
  const root = useRef(null);
  const theme = useTheme(useTrait(host, "theme", "auto"));
  const dialog = useView2(session, (s) => s.dialog);
  const size = useSize(root);
  const [isActive, setActive] = useState(false);
  const [isFullscreen, toggleFullscreen] = useFullscreen(root);
  useEffect(() => {
    session.focus = () => root.current?.focus({ preventScroll: true });
  }, [session]);
  useKeptFocus(root);
  const onKeyDown = (event) => {
    if (event.key.toLowerCase() === "s" && (event.ctrlKey || event.metaKey)) return;
    if (isForPage(event)) return;
    if (!event.defaultPrevented) viewerKey(session, event);
    event.stopPropagation();
  };
  const takeKeys = (event) => {
    const isCanvas = event.nativeEvent.composedPath().some((at) => at.classList?.contains("react-flow"));
    if (isCanvas && !event.target.closest("input, textarea, button, .cm-editor")) root.current.focus({ preventScroll: true });
  };
  return (
    <SessionContext.Provider value={session}>
      <div
        ref={root} className={`ff-editor ff-viewer is-${theme}`} data-theme={theme} data-narrow={size.width < NARROW || undefined} tabIndex={-1} role="region" aria-label="Execution"
        onKeyDown={onKeyDown} onMouseDown={takeKeys} onFocus={() => setActive(true)} onBlur={(event) => !root.current.contains(event.relatedTarget) && setActive(false)}
      >
        <TopBar onFullscreen={toggleFullscreen} isFullscreen={isFullscreen} />
        <StopBanner />
        <CutOffBanner />
        <div className="ff-middle">
          <div className="ff-centre">
            <Canvas theme={theme} isActive={isActive} />
            <Notices />
          </div>
          <Panel isNarrow={size.width < NARROW} />
        </div>
        <Timeline />
        {dialog === "keys" ? <KeysDialog keys={VIEWER_KEYS} /> : null}
        {dialog === "compare" ? <CompareDialog /> : null}
        {dialog === "resume" ? <ResumeDialog /> : null}
      </div>
    </SessionContext.Provider>
  );
}

// The provider is made here, so the view of its own state cannot come from it.
function useView2(session, select) {
  const [value, setValue] = useState(() => select(session.state));
  useEffect(() => session.store.subscribe(() => setValue(select(session.state))), [session, select]);
  return value;
}

function TopBar({ onFullscreen, isFullscreen }) {
  const session = useSession();
  const run = useView((s) => s.run);
  const name = useView((s) => s.graph.name || s.graph.id);
  const trail = useView((s) => s.trail);
  const seq = useView((s) => s.seq);
  const elapsed = useElapsed(run.started_at ? run : null);
  const look = STATES[run.status] || STATES.queued;
  return (
    <div className="ff-top" role="toolbar" aria-label="Execution">
      {trail.length ? <IconButton icon="arrow-left" label="Back to the execution before" onClick={() => session.show(trail.at(-1), { isBack: true })} /> : null}
      <button type="button" className="ff-title" title="About this execution" onClick={() => session.close()}>
        <b>{name}</b><small>{run.execution_id}</small>
      </button>
      <span className="ff-state" data-state={run.status}><Icon name={look.icon} size={13} />{look.word}{elapsed !== null ? ` · ${lasted(elapsed)}` : ""}</span>
      {seq !== null ? <button type="button" className="ff-badge is-past" title="Back to the newest" onClick={() => session.travel(null)}><Icon name="history" size={11} />As it was at {lasted(session.timeAt(seq))}</button> : null}
      <span className="ff-space" />
      <Deeds run={run} />
      <div className="ff-tool-group">
        <IconButton icon="git-compare" label="Compare with another execution" onClick={() => { session.send({ kind: "others" }); session.set({ dialog: "compare" }); }} />
        <IconButton icon="keyboard" label="Keys" keys="?" onClick={() => session.set({ dialog: "keys" })} />
        <IconButton icon={isFullscreen ? "minimize-2" : "maximize-2"} label={isFullscreen ? "Leave full screen" : "Full screen"} onClick={onFullscreen} />
      </div>
    </div>
  );
}

function Deeds({ run }) {
  const session = useSession();
  const canSteer = useView((s) => s.canSteer);
  if (!canSteer || !run.status) return null;
  if (run.finished_at !== undefined) return (
    <>
      {run.status === "failed" || run.status === "cancelled" ? <Button icon="play" tone="primary" title="Go on where it stopped" onClick={() => session.askWays({ isAsked: true })}>Go on…</Button> : null}
      <Button icon="rotate-ccw" title="Start it anew, with the same inputs" onClick={() => session.restart()}>Restart</Button>
    </>
  );
  const isPaused = run.status === "paused";
  return (
    <>
      {isPaused ? <Button icon="skip-forward" title="Let what waits make one step (F10)" onClick={() => session.steer("go_on", { is_step: true })}>Step</Button> : null}
      {isPaused ? <Button icon="play" tone="primary" title="Run to the next breakpoint or the end (F8)" onClick={() => session.steer("go_on")}>Continue</Button> : <Button icon="pause" title="Let nothing new start" onClick={() => session.steer("pause")}>Pause</Button>}
      <Button icon="square" tone="danger" title="End the execution" onClick={() => session.steer("cancel")}>Cancel</Button>
    </>
  );
}

/** Where a stopped execution stands. */
function StopBanner() {
  const session = useSession();
  const status = useView((s) => s.run.status);
  const at = useView((s) => s.run.stopped_at);
  const waiting = useView((s) => s.moment?.waiting);
  if (status !== "paused") return null;
  const nodes = [...new Set((waiting || []).map((one) => one.node))];
  return (
    <div className="ff-banner" role="status">
      <Icon name="circle-pause" size={15} />
      <span>{at ? <>Stopped at the breakpoint before <b>{at}</b>.</> : <>Paused.{nodes.length ? <> Next: <b>{nodes.slice(0, 4).join(", ")}</b>{nodes.length > 4 ? ` and ${nodes.length - 4} more` : ""}.</> : null}</>} Only this execution waits.</span>
      {(at || nodes[0]) ? <Button icon="crosshair" onClick={() => { session.canvas?.reveal([at || nodes[0]]); session.canvas?.select([at || nodes[0]]); session.set({ open: at || nodes[0], visit: null, tab: "debug" }); }}>Look there</Button> : null}
    </div>
  );
}
