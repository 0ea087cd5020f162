// What keys do in the viewer.

const PLAIN = {
  f: (session) => session.canvas?.fit(),
  "+": (session) => session.canvas?.zoom(1.25),
  "-": (session) => session.canvas?.zoom(0.8),
  "?": (session) => session.set({ dialog: "keys" }),
  t: (session) => session.setTimeline({ isOpen: !session.state.timeline.isOpen }),
  ",": (session) => session.travel((session.state.seq ?? session.state.run.seq) - 1),
  ".": (session) => session.state.seq !== null && session.travel(session.state.seq + 1),
  f8: (session) => session.state.run.status === "paused" && session.steer("go_on"),
  f10: (session) => session.state.run.status === "paused" && session.steer("go_on", { is_step: true }),
  f9: (session) => session.state.open && session.toggleBreakpoint(session.state.open),
  escape: (session) => (session.state.seq !== null ? session.travel(null) : session.close()),
};

/** What the help shows. */
export const VIEWER_KEYS = [
  ["Execution", [["F8", "Continue"], ["F10", "One step"], ["F9", "Breakpoint at the open node"]]],
  ["Time", [[",  .", "One event back, one on"], ["Esc", "Back to the newest"], ["T", "Timeline"], ["Ctrl+wheel", "Zoom the timeline"]]],
  ["View", [["F", "Show everything"], ["+  -", "Zoom"], ["?", "These keys"]]],
];

const isTyping = (event) => event.nativeEvent.composedPath().some((at) => (/^(INPUT|TEXTAREA|SELECT)$/.test(at.tagName) && at.type !== "range") || at.isContentEditable);

export function viewerKey(session, event) {
  if (event.ctrlKey || event.metaKey || event.altKey || session.state.dialog || isTyping(event)) return;
  const act = PLAIN[event.key.toLowerCase()];
  if (!act) return;
  event.preventDefault();
  act(session);
}
