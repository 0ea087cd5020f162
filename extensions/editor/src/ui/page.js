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
