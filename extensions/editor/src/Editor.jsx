// The whole editor: palette, canvas, inspector, bars; and what keys and the clipboard do.

import { useEffect, useRef, useState } from "react";
import { Canvas } from "./canvas/Canvas.jsx";
import { loadCode } from "./code/load.js";
import { Inspector } from "./inspector/Inspector.jsx";
import { Palette } from "./palette/Palette.jsx";
import { BottomBar, ConflictBanner, Notices, TopBar } from "./run/Bars.jsx";
import { Drawer, RunDialog } from "./run/RunBits.jsx";
import { VersionsDialog } from "./run/Versions.jsx";
import { Commands } from "./ui/Commands.jsx";
import { isForPage, onKey } from "./ui/keys.js";
import { KeysDialog } from "./ui/KeysDialog.jsx";
import { SessionContext } from "./ui/parts.jsx";
import { useStore } from "./state/store.js";
import { useFullscreen, useKeptFocus, useTrait } from "./ui/page.js";
import { useSize } from "./ui/size.js";
import { useTheme } from "./ui/theme.js";

const NARROW = 820;
const MODIFIERS = new Set(["Control", "Meta", "Shift", "Alt"]);

export function Editor({ session, host }) {
  const root = useRef(null);
  const theme = useTheme(useTrait(host, "theme", "auto"));
  const preferences = useStore(session.store, (s) => s.preferences);
  const dialog = useStore(session.store, (s) => s.dialog);
  const isOpen = useStore(session.store, (s) => s.open !== null);
  const size = useSize(root);
  const [isActive, setActive] = useState(false);
  const [isFullscreen, toggleFullscreen] = useFullscreen(root);
  const showPalette = preferences.palette ?? size.width > NARROW;
  const clipboard = useClipboard(session);
  useEffect(() => {
    session.focus = () => root.current?.focus({ preventScroll: true });
  }, [session]);
  useKeptFocus(root);
  useEffect(() => {
    const timer = setTimeout(() => loadCode(session), 300); // the first form opens with its editors there
    return () => clearTimeout(timer);
  }, [session]);
  useEffect(() => {
    const check = () => session.checkFile();
    window.addEventListener("focus", check);
    return () => window.removeEventListener("focus", check);
  }, [session]);
  const isDirty = useStore(session.store, (s) => s.file.dirty && s.canUndo && !s.readOnly);
  useEffect(() => { // for the page around: what is not saved goes when it does
    const tell = (detail) => root.current?.dispatchEvent(new CustomEvent("ff-unsaved", { detail, bubbles: true, composed: true }));
    tell(isDirty);
  }, [isDirty]);
  const onKeyDown = (event) => {
    if (event.key.toLowerCase() === "s" && (event.ctrlKey || event.metaKey)) return;
    if (MODIFIERS.has(event.key)) return; // the canvas listens on the window for what is held
    if (isForPage(event)) return;
    if (!event.defaultPrevented) onKey(session, event);
    event.stopPropagation();
  };
  return (
    <SessionContext.Provider value={session}>
      <div
        ref={root} className={`ff-editor is-${theme}`} data-theme={theme} data-narrow={size.width < NARROW || undefined} data-open={isOpen || undefined} tabIndex={-1}
        onKeyDown={onKeyDown} {...clipboard}
        onMouseDown={(event) => focusCanvas(event, root.current)}
        onMouseEnter={() => session.checkFile()}
        onMouseMove={(event) => { session.pointer = onCanvas(event) ? { x: event.clientX, y: event.clientY } : null; }}
        onFocus={() => setActive(true)} onBlur={(event) => !root.current.contains(event.relatedTarget) && setActive(false)}
      >
        <TopBar paletteShown={showPalette} onPalette={() => session.setPreferences({ palette: true })} onFullscreen={toggleFullscreen} isFullscreen={isFullscreen} />
        <ConflictBanner />
        <div className="ff-middle">
          {showPalette ? <Palette onClose={() => session.setPreferences({ palette: false })} /> : null}
          <div className="ff-centre">
            <Canvas theme={theme} isActive={isActive} />
            <Notices />
            <Drawer />
          </div>
          <Inspector />
        </div>
        <BottomBar />
        {dialog === "keys" ? <KeysDialog /> : null}
        {dialog === "run" ? <RunDialog /> : null}
        {dialog === "commands" ? <Commands /> : null}
        {dialog === "versions" ? <VersionsDialog /> : null}
      </div>
    </SessionContext.Provider>
  );
}

const onCanvas = (event) => event.nativeEvent.composedPath().some((at) => at.classList?.contains("react-flow"));

// A click on the canvas must give the editor the keys, though nothing there takes focus by itself.
function focusCanvas(event, root) {
  if (onCanvas(event) && !event.target.closest("input, textarea, button, .cm-editor")) root.focus({ preventScroll: true });
}

const isField = (event) => event.nativeEvent.composedPath().some((at) => at.tagName === "INPUT" || at.tagName === "TEXTAREA" || at.isContentEditable);

function useClipboard(session) {
  const write = (event) => {
    const text = isField(event) || hasSelectedText() ? null : session.copyText();
    event.stopPropagation();
    if (!text) return false;
    event.clipboardData.setData("text/plain", text);
    event.preventDefault();
    return true;
  };
  return {
    onCopy: write,
    onCut: (event) => write(event) && session.removeSelected(),
    onPaste: (event) => {
      event.stopPropagation();
      if (isField(event)) return;
      const at = session.pointer ? session.canvas?.flowPoint(session.pointer) : undefined;
      if (session.pasteText(event.clipboardData.getData("text/plain"), at)) event.preventDefault();
    },
  };
}

const hasSelectedText = () => Boolean(globalThis.getSelection?.()?.toString());
