// What a screen asks of the page it is on.

import { useCallback, useEffect, useState } from "react";

/** Return a trait of the host, as it is now. */
export function useTrait(host, name, fallback) {
  const [value, setValue] = useState(host.get(name) ?? fallback);
  useEffect(() => host.watch(name, (next) => setValue(next ?? fallback)), [host, name, fallback]);
  return value;
}

/** Return whether an element fills the screen, and what changes that. */
export function useFullscreen(element) {
  const [isOn, setOn] = useState(false);
  useEffect(() => {
    const update = () => setOn(Boolean(element.current?.getRootNode().fullscreenElement === element.current && document.fullscreenElement));
    document.addEventListener("fullscreenchange", update);
    return () => document.removeEventListener("fullscreenchange", update);
  }, [element]);
  const toggle = useCallback(() => (document.fullscreenElement ? document.exitFullscreen() : element.current.requestFullscreen?.()), [element]);
  return [isOn, toggle];
}

/** Give the focus back to `root` when what had it in there goes away: else the page gets the next key. */
export function useKeptFocus(root) {
  useEffect(() => {
    const element = root.current;
    let holder = null;
    const onFocusIn = (event) => { holder = event.composedPath()[0]; };
    const onFocusOut = (event) => {
      const left = event.composedPath()[0];
      setTimeout(() => { if (left === holder && left.isConnected && element.getRootNode().activeElement !== left) holder = null; });
    };
    const observer = new MutationObserver(() => {
      if (!holder || holder.isConnected) return;
      holder = null;
      const active = element.getRootNode().activeElement;
      if (!active || active === document.body) element.focus({ preventScroll: true });
    });
    element.addEventListener("focusin", onFocusIn);
    element.addEventListener("focusout", onFocusOut);
    observer.observe(element, { childList: true, subtree: true });
    return () => {
      observer.disconnect();
      element.removeEventListener("focusin", onFocusIn);
      element.removeEventListener("focusout", onFocusOut);
    };
  }, [root]);
}
