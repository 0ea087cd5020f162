// What an expression gives with the values of the last execution, below the field it is written in.

import { useEffect } from "react";
import { isTemplate } from "../state/schema.js";
import { useSession, useView } from "../ui/parts.jsx";
import { useForm } from "./context.js";

const PAUSE_MS = 350;
const MAX_TEXT = 140;

/** `isWhole` says that the text is one expression; else expressions stand in braces. */
export function LiveValue({ value, isWhole = false, isOff = false }) {
  const { node } = useForm();
  const session = useSession();
  const canTry = useView((s) => Boolean(s.canTry));
  const has = canTry && node && !isOff && typeof value === "string" && (isWhole ? value.trim() !== "" : isTemplate(value));
  const answer = useView((s) => (has ? s.values[`${node} ${value}`] : null));
  const isKnown = Boolean(answer);
  useEffect(() => {
    if (!has || isKnown) return undefined;
    const timer = setTimeout(() => session.evaluate(node, value, !isWhole), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [session, has, isKnown, node, value, isWhole]);
  if (!has || !answer) return null;
  if (answer.missing) return <div className="ff-live is-missing">{answer.missing}</div>;
  if (answer.error) return <div className="ff-live is-wrong" title={answer.error}>{answer.error}</div>;
  const text = shown(answer.value);
  return <div className="ff-live" title={text}><span>=</span><code>{text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text}</code></div>;
}

function shown(value) {
  if (value?.$table) return `table: ${value.$table.total} rows, ${value.$table.columns.map((column) => column.name).join(", ")}`;
  if (value?.$cut?.text) return value.$cut.text;
  return typeof value === "string" ? value : JSON.stringify(value);
}
