// Small pieces that the whole screen is made of.

import { createContext, useContext, useEffect, useRef, useState } from "react";
import { focusFirst } from "../form/focus.js";
import { useStore } from "../state/store.js";
import { Icon } from "./Icon.jsx";

export const SessionContext = createContext(null);
export const useSession = () => useContext(SessionContext);

/** Read a part of this view's state. */
export const useView = (select) => useStore(useSession().store, select);

export function IconButton({ icon, label, keys, onClick, disabled, active, size = 16, className = "", ...rest }) {
  return (
    <button type="button" className={`ff-icon-button ${active ? "is-active" : ""} ${className}`} title={keys ? `${label} (${keys})` : label} aria-label={label} aria-pressed={active} onClick={onClick} disabled={disabled} {...rest}>
      <Icon name={icon} size={size} />
    </button>
  );
}

export function Button({ icon, children, tone = "plain", ...rest }) {
  return (
    <button type="button" className={`ff-button is-${tone}`} {...rest}>
      {icon ? <Icon name={icon} size={14} /> : null}
      <span>{children}</span>
    </button>
  );
}

export function Tabs({ value, onChange, items }) {
  return (
    <div className="ff-tabs" role="tablist">
      {items.map(({ id, title, count, tone }) => (
        <button key={id} type="button" role="tab" aria-selected={id === value} className="ff-tab" onClick={() => onChange(id)}>
          {title}
          {count ? <span className={`ff-count ${tone ? `is-${tone}` : ""}`}>{count}</span> : null}
        </button>
      ))}
    </div>
  );
}

export function Switch({ checked, onChange, label, disabled }) {
  return (
    <button type="button" role="switch" aria-checked={checked} aria-label={label} disabled={disabled} className="ff-switch" onClick={() => onChange(!checked)}>
      <i />
    </button>
  );
}

/** A text input that tells only when it is left or Enter is pressed; Escape takes the edit back. */
export function LazyInput({ value, onCommit, check, className = "ff-input", ...rest }) {
  const [draft, setDraft] = useState(value);
  useEffect(() => setDraft(value), [value]);
  const trouble = draft === value ? null : check?.(draft);
  const skip = useRef(false);
  const commit = () => {
    if (skip.current || trouble || draft === value) setDraft(value);
    else onCommit(draft);
    skip.current = false;
  };
  const onKeyDown = (event) => {
    if (event.key === "Escape") skip.current = true;
    if (event.key === "Enter" || event.key === "Escape") event.currentTarget.blur();
  };
  return (
    <>
      <input {...rest} className={`${className} ${trouble ? "is-wrong" : ""}`} value={draft} onChange={(e) => setDraft(e.target.value)} onBlur={commit} onKeyDown={onKeyDown} />
      {trouble ? <div className="ff-problem">{trouble}</div> : null}
    </>
  );
}

export function Dialog({ title, onClose, children, width = 420 }) {
  const box = useRef(null);
  useEffect(() => {
    box.current?.focus();
    focusFirst(box.current, "input, textarea, select, .cm-content, button.is-primary");
  }, []);
  const onKeyDown = (event) => {
    if (event.key === "Escape") {
      event.stopPropagation();
      onClose();
    }
  };
  return (
    <div className="ff-veil" onMouseDown={(event) => event.target === event.currentTarget && onClose()}>
      <div ref={box} className="ff-dialog" role="dialog" aria-label={title} tabIndex={-1} style={{ width }} onKeyDown={onKeyDown}>
        <header>
          <h2>{title}</h2>
          <IconButton icon="x" label="Close" onClick={onClose} />
        </header>
        {children}
      </div>
    </div>
  );
}

/** Seconds as people read them: `340 ms`, `2.4 s`, `3 m 05 s`. */
export function lasted(seconds) {
  if (seconds === null || seconds === undefined) return "";
  if (seconds < 0.9995) return `${Math.max(1, Math.round(seconds * 1000))} ms`;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const minutes = Math.floor(whole / 60);
  return minutes < 60 ? `${minutes} m ${String(whole % 60).padStart(2, "0")} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} m`;
}

/** A moment as people read it, as on the dashboard: `Mon 23 Nov, 08:27:32`. */
export function moment(seconds) {
  const at = new Date(seconds * 1000);
  const day = at.toLocaleDateString("en-GB", { weekday: "short", day: "2-digit", month: "short" }).replace(",", "");
  return `${day}, ${at.toLocaleTimeString("en-GB")}`;
}

export const counted = (number, word) => `${number.toLocaleString("en-US")} ${word}${number === 1 ? "" : "s"}`;
