// A group or a note on the canvas: what it says, its tint, its size.

import { useReactFlow } from "@xyflow/react";
import { memo, useEffect, useRef, useState } from "react";
import { COLOURS } from "../state/drawn.js";
import { Icon } from "../ui/Icon.jsx";
import { useSession, useView } from "../ui/parts.jsx";

const LEAST = { group: [160, 100], note: [120, 64] };

export const DrawnBox = memo(function DrawnBox({ id, selected }) {
  const session = useSession();
  const one = useView((s) => s.graph.drawn?.[id]);
  const readOnly = useView((s) => s.readOnly);
  const [size, setSize] = useState(null);
  if (!one) return null;
  const [width, height] = size || one.size;
  const isGroup = one.kind === "group";
  const change = (set) => session.edit([{ op: "draw", id, set }], { label: isGroup ? "Group" : "Note", key: `draw:${id}:${Object.keys(set)}` });
  return (
    <div className={`ff-drawn is-${one.kind}`} role="group" aria-label={`${isGroup ? "Group" : "Note"} ${one.text.slice(0, 60)}`} data-color={one.color || undefined} data-selected={selected || undefined} style={{ width, height }}>
      <div className="ff-drawn-head">
        {isGroup ? <Words id={id} one={one} readOnly={readOnly} onCommit={(text) => change({ text })} /> : <Icon name="sticky-note" size={12} />}
        {selected && !readOnly ? <Tools one={one} onColour={(color) => change({ color })} onRemove={() => session.removeDrawn([id])} /> : null}
      </div>
      {isGroup ? null : <Words id={id} one={one} readOnly={readOnly} onCommit={(text) => change({ text })} />}
      {readOnly ? null : <Corner one={one} onSize={setSize} onDone={(next) => { setSize(null); change({ size: next }); }} />}
    </div>
  );
});

// What is typed is told when the field is left, so that a word is one step of undo.
function Words({ id, one, readOnly, onCommit }) {
  const session = useSession();
  const box = useRef(null);
  const [text, setText] = useState(one.text);
  const isNew = useView((s) => s.fresh === id);
  useEffect(() => setText(one.text), [one.text]);
  useEffect(() => {
    if (!isNew) return undefined;
    // The canvas shows a new one once it is measured; nothing can be focused before.
    const trying = setInterval(() => {
      box.current?.focus({ preventScroll: true });
      if (box.current?.matches(":focus")) session.set({ fresh: null });
    }, 30);
    return () => clearInterval(trying);
  }, [isNew, session]);
  const commit = () => text !== one.text && onCommit(text);
  const onKeyDown = (event) => {
    if (event.key !== "Escape" && !(event.key === "Enter" && one.kind === "group")) return;
    event.stopPropagation();
    session.focus?.(); // leaving it tells what was typed
  };
  const common = { ref: box, className: "ff-drawn-text nodrag nowheel nopan", value: text, readOnly, maxLength: 4000, onChange: (event) => setText(event.target.value), onBlur: commit, onKeyDown };
  return one.kind === "group"
    ? <input {...common} size={Math.min(Math.max(text.length + 1, 16), 60)} aria-label="Name of the group" placeholder={readOnly ? "" : "Name this group"} />
    : <textarea {...common} aria-label="Note" placeholder={readOnly ? "" : "Write a note"} />;
}

function Tools({ one, onColour, onRemove }) {
  return (
    <span className="ff-drawn-tools nodrag">
      {COLOURS.map((color) => <button key={color} type="button" data-color={color || undefined} aria-pressed={one.color === color} aria-label={color || "plain"} title={color || "plain"} onClick={() => onColour(color)} />)}
      <button type="button" className="is-remove" aria-label="Remove" title="Remove" onClick={onRemove}><Icon name="trash-2" size={12} /></button>
    </span>
  );
}

function Corner({ one, onSize, onDone }) {
  const flow = useReactFlow();
  const begin = (event) => {
    event.stopPropagation();
    event.target.setPointerCapture(event.pointerId);
    const from = [event.clientX, event.clientY];
    const zoom = flow.getZoom();
    const sizeAt = (at) => one.size.map((was, side) => Math.max(LEAST[one.kind][side], Math.round(was + ([at.clientX, at.clientY][side] - from[side]) / zoom)));
    event.target.onpointermove = (at) => onSize(sizeAt(at));
    event.target.onpointerup = (at) => {
      event.target.onpointermove = event.target.onpointerup = null;
      onDone(sizeAt(at));
    };
  };
  return <i className="ff-drawn-corner nodrag nopan" aria-hidden="true" onPointerDown={begin} />;
}
