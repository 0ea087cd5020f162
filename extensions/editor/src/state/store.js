// The smallest store that React can read from: one state object, replaced and never changed in place.

import { useSyncExternalStore } from "react";

export function createStore(initial) {
  let state = initial;
  const listeners = new Set();
  return {
    get: () => state,
    set(change) {
      const patch = typeof change === "function" ? change(state) : change;
      if (!patch) return;
      state = { ...state, ...patch };
      for (const listener of [...listeners]) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** Read a part of the state; `select` must return the same object as long as nothing changed. */
export const useStore = (store, select) => useSyncExternalStore(store.subscribe, () => select(store.get()));
