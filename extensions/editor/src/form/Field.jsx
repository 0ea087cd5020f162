// One field of a form: its title, what is wrong with it, its help, and the control its schema asks for.

import { useEffect, useRef, useState } from "react";
import { controlOf, isTemplate, lengthOf, problemsAt } from "../state/schema.js";
import { Icon } from "../ui/Icon.jsx";
import { focusFirst } from "./focus.js";
import { LiveValue } from "./LiveValue.jsx";
import { useForm } from "./context.js";

// Controls in which an expression can be written as it is, so that they need no switch to one.
const TAKES_TEXT = new Set(["string", "expression", "multiline", "python", "sql", "secret", "any", "object", "union"]);
const NESTED = new Set(["object", "list", "map", "union", "parameters"]);

/** `value` is undefined where the field is not set; `onChange(undefined)` unsets it. */
export function Field({ path, name, title, schema, value, onChange, required, fallback, tag = "", bare = false }) {
  const form = useForm();
  const control = controlOf(schema);
  const canBeExpression = !TAKES_TEXT.has(control) && form.expressions !== false;
  const [asExpression, setAsExpression] = useState(false);
  const isExpression = canBeExpression && (isTemplate(value) || asExpression);
  const mine = problemsAt(form.problems, path);
  const own = NESTED.has(control) ? mine.filter((p) => flatPath(p.field) === flatPath(path)) : mine;
  const box = useFocusFor(path, form.focusField, NESTED.has(control));
  const Control = form.controls[isExpression ? "string" : control];
  const placeholder = hint(schema, fallback, isExpression);
  const toggle = () => {
    if (isExpression) {
      setAsExpression(false);
      if (isTemplate(value)) onChange(undefined);
    } else setAsExpression(true);
  };
  const body = <Control path={path} name={name} title={title} schema={isExpression ? { type: "string" } : schema} value={value} onChange={onChange} placeholder={placeholder} fallback={fallback} invalid={own.length > 0} />;
  const isSet = value !== undefined && !required;
  if (bare) return <div className="ff-field is-bare" ref={box} data-field={path}>{body}<LiveValue value={value} isWhole={control === "expression"} /><Problems list={own} /></div>;
  return (
    <div className={`ff-field ${own.length ? "is-wrong" : ""}`} ref={box} data-field={path} data-control={control}>
      <div className="ff-field-top">
        <span className="ff-field-title" title={name}>{title}{required ? <b className="ff-required" title="Required">*</b> : null}{tag ? <code className="ff-tag">{tag}</code> : null}</span>
        {isSet && !form.readOnly ? <button type="button" className="ff-field-action" title="Back to the default" aria-label={`Reset ${title}`} onClick={() => { setAsExpression(false); onChange(undefined); }}><Icon name="rotate-ccw" size={12} /></button> : null}
        {canBeExpression && !form.readOnly ? <button type="button" className={`ff-fx ${isExpression ? "is-on" : ""}`} aria-pressed={isExpression} title={isExpression ? "Give a fixed value" : "Give an expression"} onClick={toggle}>fx</button> : null}
      </div>
      {body}
      <LiveValue value={value} isWhole={control === "expression"} isOff={own.length > 0 || (!TAKES_TEXT.has(control) && !isExpression)} />
      <Problems list={own.map((problem) => (problem.hint === schema.description ? { ...problem, hint: "" } : problem))} />
      {schema.description ? <p className="ff-help">{rich(schema.description)}</p> : null}
    </div>
  );
}

export function Problems({ list }) {
  return list.map((problem, index) => (
    <div key={index} className={`ff-problem ${problem.severity === "warning" ? "is-warning" : ""}`} role="alert">
      {problem.message}{problem.hint ? <em> {problem.hint}</em> : null}
    </div>
  ));
}

/** Text with `code` in backticks. */
export const rich = (text) => text.split("`").map((part, index) => (index % 2 ? <code key={index}>{part}</code> : part));

const flatPath = (path) => path.replace(/\[(\d+)\]/g, ".$1");

function hint(schema, fallback, isExpression) {
  if (isExpression) return "{{ … }}";
  if (schema.format === "duration" && typeof fallback === "number") return lengthOf(fallback);
  if (fallback !== undefined && fallback !== null && fallback !== "") return typeof fallback === "object" ? JSON.stringify(fallback) : String(fallback);
  const example = schema.examples?.[0];
  if (example === undefined) return "";
  return `e.g. ${typeof example === "object" ? JSON.stringify(example) : example}`;
}

function useFocusFor(path, focusField, isNested) {
  const box = useRef(null);
  useEffect(() => {
    if (!focusField || isNested || flatPath(focusField) !== flatPath(path)) return;
    box.current?.scrollIntoView({ block: "center" });
    focusFirst(box.current, ".cm-content, input, select, textarea, button[role=switch]");
  }, [focusField, path, isNested]);
  return box;
}
