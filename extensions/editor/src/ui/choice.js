// Choosing from a list with the keys while a search field keeps the focus.

import { useEffect, useRef, useState } from "react";

/** Return the place in `found` that Enter would take, what sets it, and what goes on the list and the field. */
export function useChoice(found, query, { onPick, onClose }) {
  const [index, setIndex] = useState(0);
  const input = useRef(null);
  const list = useRef(null);
  useEffect(() => {
    input.current?.focus();
  }, []);
  useEffect(() => setIndex(0), [query]);
  useEffect(() => {
    list.current?.children[index]?.scrollIntoView({ block: "nearest" });
  }, [index]);
  const onKeyDown = (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) setIndex((at) => Math.min(Math.max(at + step, 0), found.length - 1));
    else if (event.key === "Enter" && found[index]) onPick(found[index]);
    else if (event.key === "Escape") onClose();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return { index, setIndex, list, field: { ref: input, onKeyDown } };
}
