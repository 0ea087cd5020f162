// What keys do in the editor, and how they are kept from the page around it.

const STEP = 10;
const FAR = 50;
const isMac = /Mac/.test(globalThis.navigator?.platform || "");

/** What the help shows. */
export const KEYS = [
  ["Workflow", [["Ctrl+S", "Save"], ["Ctrl+Enter", "Run"], ["F8", "Continue from a breakpoint"], ["F10", "Step"], ["Ctrl+K", "Commands: find anything"], ["Ctrl+Z", "Undo"], ["Ctrl+Shift+Z", "Redo"]]],
  ["Nodes", [["/", "Add a node"], ["Enter", "Open the selected node"], ["Delete", "Remove what is selected"], ["Ctrl+C", "Copy"], ["Ctrl+X", "Cut"], ["Ctrl+V", "Paste"], ["Ctrl+D", "Duplicate"], ["Ctrl+A", "Select all"], ["D", "Disable or enable"], ["G", "Frame what is selected as a group"], ["N", "Write a note"], ["Arrows", "Move the selection (Shift: further)"]]],
  ["View", [["F", "Show everything"], ["L", "Arrange"], ["+  -", "Zoom"], ["Shift+drag", "Select with a box"], ["Drag", "Move the canvas"], ["Ctrl+wheel", "Zoom"], ["Esc", "Close, select nothing"], ["?", "These keys"]]],
].map(([title, rows]) => [title, rows.map(([keys, text]) => [isMac ? keys.replace("Ctrl", "⌘") : keys, text])]);

const PLAIN = {
  "/": (session) => session.canvas?.quickAddAt(session.pointer, null),
  "?": (session) => session.set({ dialog: "keys" }),
  f: (session) => session.canvas?.fit(),
  l: (session) => session.layout(),
  d: (session) => session.toggleDisabled(),
  g: (session) => session.addGroup(),
  n: (session) => session.addNote(),
  f8: (session) => session.goOn(),
  f10: (session) => session.goOn(true),
  "+": (session) => session.canvas?.zoom(1.25),
  "=": (session) => session.canvas?.zoom(1.25),
  "-": (session) => session.canvas?.zoom(0.8),
  delete: (session) => session.removeSelected(),
  backspace: (session) => session.removeSelected(),
  arrowleft: (session, event) => session.nudge(event.shiftKey ? -FAR : -STEP, 0),
  arrowright: (session, event) => session.nudge(event.shiftKey ? FAR : STEP, 0),
  arrowup: (session, event) => session.nudge(0, event.shiftKey ? -FAR : -STEP),
  arrowdown: (session, event) => session.nudge(0, event.shiftKey ? FAR : STEP),
  enter: (session) => session.state.selected.length === 1 && session.openNode(session.state.selected[0]),
  escape: (session) => {
    if (session.state.quickAdd || session.state.open) session.set({ quickAdd: null, open: null });
    else if (session.state.drawer) session.set({ drawer: null });
    else session.canvas?.select([]);
  },
};

const WITH_CTRL = {
  z: (session, event) => (event.shiftKey ? session.redo() : session.undo()),
  y: (session) => session.redo(),
  a: (session) => session.canvas?.select(Object.keys(session.graph.nodes)),
  d: (session) => session.duplicate(),
};

const ANYWHERE = { enter: (session) => session.run(), k: (session) => session.set({ dialog: "commands" }) };

// React wraps events; only the native one knows its way through shadow roots.
const pathOf = (event) => (event.nativeEvent ?? event).composedPath();

const isTyping = (event) => pathOf(event).some((at) => at.tagName === "INPUT" || at.tagName === "TEXTAREA" || at.tagName === "SELECT" || at.isContentEditable);

const isOnButton = (event) => event.key === "Enter" && pathOf(event).some((at) => at.tagName === "BUTTON" || at.tagName === "SUMMARY" || at.getAttribute?.("role") === "button" && at.classList.contains("ff-type"));

/** Do what the key says; true if it meant something. */
export function onKey(session, event) {
  const key = event.key.toLowerCase();
  const hasCtrl = event.ctrlKey || event.metaKey;
  const inDialog = session.state.dialog !== null;
  const typing = isTyping(event);
  let act;
  if (hasCtrl) act = (inDialog ? null : ANYWHERE[key]) || (typing || inDialog ? null : WITH_CTRL[key]);
  else if (!event.altKey && !typing && !inDialog && !isOnButton(event)) act = PLAIN[key];
  if (!act) return false;
  event.preventDefault();
  act(session, event);
  return true;
}

/** Whether a key is the page's: Ctrl+Shift and a letter, such as C for the commands of JupyterLab; only Z, redo, is ours. */
export const isForPage = (event) => (event.ctrlKey || event.metaKey) && event.shiftKey && /^[a-y]$/i.test(event.key);

// JupyterLab (Lumino) takes keys in the document's capture or bubble phase, by its version; it leaves
// alone what lies under data-lm-suppress-shortcuts. A capture listener on the window comes earlier still: it saves
// both the workflow and, by letting the key through, the notebook.
export function guardKeys(element, session) {
  element.setAttribute("data-lm-suppress-shortcuts", "true");
  const isPageKey = (event) => (event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "s";
  const guard = (event) => {
    if (!event.composedPath().includes(element)) return;
    if (isForPage(event)) return element.removeAttribute("data-lm-suppress-shortcuts");
    if (!isPageKey(event)) return element.setAttribute("data-lm-suppress-shortcuts", "true");
    if (session.host.isDocument) {
      event.preventDefault(); // the host saves the document, once what was edited is in it
      return session.save();
    }
    element.removeAttribute("data-lm-suppress-shortcuts");
    // Lumino leaves alone what was prevented already; elsewhere the browser would save the page.
    if (!document.body.dataset.jpThemeLight) event.preventDefault();
    session.save();
  };
  window.addEventListener("keydown", guard, true);
  return () => window.removeEventListener("keydown", guard, true);
}
