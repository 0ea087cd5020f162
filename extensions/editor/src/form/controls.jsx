// The controls that a JSON schema may ask for, by the name that `controlOf` gives.

import { useEffect, useState } from "react";
import { choicesOf, jsonType, seconds } from "../state/schema.js";
import { Switch } from "../ui/parts.jsx";
import { CodeBox } from "./CodeBox.jsx";
import { useFault, useForm } from "./context.js";
import { ListControl, MapControl, ObjectControl, UnionControl } from "./nested.jsx";
import { ParametersControl } from "./ParametersControl.jsx";

const text = (value) => (value === undefined || value === null ? "" : typeof value === "string" ? value : JSON.stringify(value));

// An emptied text unsets the field, so that the file does not fill with empty texts.
const unsetIfEmpty = (onChange) => (value) => onChange(value === "" ? undefined : value);

function TextControl({ value, onChange, placeholder, schema, title, invalid }) {
  const { names, readOnly } = useForm();
  const isLong = (schema.maxLength || 0) > 400;
  return <CodeBox value={text(value)} onChange={unsetIfEmpty(onChange)} placeholder={placeholder} names={names} readOnly={readOnly} label={title} lines={isLong ? 2 : 1} invalid={invalid} />;
}

const code = (language, lines) => function CodeControl({ value, onChange, placeholder, title, invalid }) {
  const { names, readOnly } = useForm();
  return <CodeBox language={language} lines={lines} value={text(value)} onChange={unsetIfEmpty(onChange)} placeholder={placeholder} names={names} readOnly={readOnly} label={title} invalid={invalid} />;
};

function NumberControl({ path, value, onChange, placeholder, schema, title, invalid }) {
  const { readOnly } = useForm();
  const [draft, setDraft] = useState(text(value));
  useEffect(() => setDraft((old) => (Number(old) === value && old !== "" ? old : text(value))), [value]);
  const change = (event) => {
    setDraft(event.target.value);
    const number = Number(event.target.value);
    if (event.target.value.trim() === "") onChange(undefined);
    else if (Number.isFinite(number)) onChange(number);
  };
  const range = [schema.minimum ?? schema.exclusiveMinimum, schema.maximum ?? schema.exclusiveMaximum];
  const wrong = rangeProblem(draft, schema);
  useFault(path, wrong);
  return (
    <>
      <input className={`ff-input is-number ${wrong || invalid ? "is-wrong" : ""}`} type="text" inputMode="decimal" aria-label={title} value={draft} placeholder={placeholder} disabled={readOnly} onChange={change} title={range.some((n) => n !== undefined) ? `Between ${range[0] ?? "−∞"} and ${range[1] ?? "∞"}` : undefined} />
      {wrong && !invalid ? <div className="ff-problem">{wrong}</div> : null}
    </>
  );
}

function rangeProblem(draft, schema) {
  if (draft.trim() === "") return null;
  const number = Number(draft);
  if (!Number.isFinite(number)) return "This is not a number.";
  if (schema.type === "integer" && !Number.isInteger(number)) return "A whole number is needed.";
  if (schema.minimum !== undefined && number < schema.minimum) return `At least ${schema.minimum}.`;
  if (schema.maximum !== undefined && number > schema.maximum) return `At most ${schema.maximum}.`;
  if (schema.exclusiveMinimum !== undefined && number <= schema.exclusiveMinimum) return `More than ${schema.exclusiveMinimum}.`;
  if (schema.exclusiveMaximum !== undefined && number >= schema.exclusiveMaximum) return `Less than ${schema.exclusiveMaximum}.`;
  return null;
}

function BooleanControl({ value, onChange, fallback, title }) {
  const { readOnly } = useForm();
  const isOn = value === undefined ? Boolean(fallback) : Boolean(value);
  return <div className="ff-boolean"><Switch checked={isOn} onChange={onChange} label={title} disabled={readOnly} /><span>{isOn ? "On" : "Off"}{value === undefined ? " (default)" : ""}</span></div>;
}

function EnumControl({ value, onChange, schema, fallback, title, invalid }) {
  const { readOnly } = useForm();
  const choices = choicesOf(schema);
  const chosen = value === undefined ? fallback : value;
  if (choices.length <= 4 && choices.join("").length <= 26) {
    return (
      <div className="ff-segments" role="radiogroup" aria-label={title}>
        {choices.map((choice) => <button key={String(choice)} type="button" role="radio" disabled={readOnly} aria-checked={choice === chosen} data-default={value === undefined || undefined} onClick={() => onChange(choice)}>{String(choice)}</button>)}
      </div>
    );
  }
  const index = choices.findIndex((choice) => choice === value);
  return (
    <select className={`ff-input ${invalid ? "is-wrong" : ""}`} aria-label={title} disabled={readOnly} value={index < 0 ? "" : index} onChange={(event) => onChange(event.target.value === "" ? undefined : choices[event.target.value])}>
      <option value="">{fallback !== undefined && fallback !== null ? `${fallback} (default)` : "Choose…"}</option>
      {choices.map((choice, at) => <option key={String(choice)} value={at}>{String(choice)}</option>)}
    </select>
  );
}

function DurationControl({ path, value, onChange, placeholder, title, invalid }) {
  const { readOnly } = useForm();
  const [draft, setDraft] = useState(text(value));
  useEffect(() => setDraft(text(value)), [value]);
  const wrong = draft !== "" && seconds(draft) === null && typeof value !== "number";
  useFault(path, wrong);
  const change = (next) => {
    setDraft(next);
    if (next === "") onChange(undefined);
    else if (seconds(next) !== null) onChange(next.trim());
  };
  return (
    <>
      <div className="ff-duration">
        <input className={`ff-input ${wrong || invalid ? "is-wrong" : ""}`} aria-label={title} value={draft} placeholder={placeholder || "e.g. 10m"} disabled={readOnly} onChange={(event) => change(event.target.value)} />
        {readOnly ? null : ["10s", "1m", "10m", "1h"].map((preset) => <button key={preset} type="button" className="ff-chip" onClick={() => change(preset)}>{preset}</button>)}
      </div>
      {wrong ? <div className="ff-problem">Write a length of time, such as 500ms, 10m or 1h30m.</div> : null}
    </>
  );
}

function SecretControl({ value, onChange, title, invalid, placeholder }) {
  const { names, readOnly } = useForm();
  const known = names.filter((name) => name.path.startsWith("secrets.")).map((name) => name.path.slice(8));
  const current = /^\{\{\s*secrets\.([\w.-]+)\s*\}\}$/.exec(text(value))?.[1];
  return (
    <div className="ff-secret">
      <CodeBox value={text(value)} onChange={unsetIfEmpty(onChange)} names={names} readOnly={readOnly} label={title} placeholder={placeholder || "{{ secrets.name }}"} invalid={invalid} />
      {known.length && !readOnly ? (
        <select className="ff-input" aria-label={`${title}: choose a secret`} value={current || ""} onChange={(event) => event.target.value && onChange(`{{ secrets.${event.target.value} }}`)}>
          <option value="">Choose a secret…</option>
          {known.map((name) => <option key={name}>{name}</option>)}
        </select>
      ) : null}
      {value && !text(value).includes("{{") ? <div className="ff-problem is-warning">This would be kept in the file for all to read. Name a secret instead.</div> : null}
    </div>
  );
}

const KINDS = { string: "Text", integer: "Number", number: "Number", boolean: "Yes/no", array: "List", object: "Object", null: "Empty" };
const STARTS = { Text: "", Number: 0, "Yes/no": false, List: [], Object: {}, Empty: null };

function AnyControl(props) {
  const { value, onChange, title } = props;
  const { readOnly } = useForm();
  const kind = value === undefined ? "Text" : KINDS[jsonType(value)];
  return (
    <div className="ff-any">
      <select className="ff-input" aria-label={`${title}: type`} disabled={readOnly} value={kind} onChange={(event) => onChange(STARTS[event.target.value])}>
        {Object.keys(STARTS).map((name) => <option key={name}>{name}</option>)}
      </select>
      {kind === "Text" ? <TextControl {...props} /> : null}
      {kind === "Number" ? <NumberControl {...props} schema={{ type: "number" }} /> : null}
      {kind === "Yes/no" ? <BooleanControl {...props} /> : null}
      {kind === "List" || kind === "Object" ? <JsonControl {...props} /> : null}
    </div>
  );
}

/** Any JSON as text, or what `schema.type` says; tells only what parses. */
export function JsonControl({ path, value, onChange, title, schema, placeholder, lines = 5 }) {
  const { readOnly } = useForm();
  const [draft, setDraft] = useState(() => JSON.stringify(value, null, 2));
  const [wrong, setWrong] = useState("");
  useEffect(() => {
    setDraft((old) => (canonical(old) === JSON.stringify(value) ? old : JSON.stringify(value, null, 2)));
    setWrong("");
  }, [value]);
  useFault(path, wrong);
  const change = (next) => {
    setDraft(next);
    try {
      const parsed = next.trim() === "" && placeholder !== undefined ? undefined : JSON.parse(next);
      const isFitting = parsed === undefined || !(schema?.type in SHAPES) || jsonType(parsed) === schema.type;
      setWrong(isFitting ? "" : `${SHAPES[schema.type]} is needed.`);
      if (isFitting) onChange(parsed);
    } catch (error) {
      setWrong(`Not JSON yet: ${error.message}`);
    }
  };
  return (
    <>
      <CodeBox language="json" lines={lines} value={draft ?? ""} onChange={change} readOnly={readOnly} label={title} placeholder={placeholder} invalid={Boolean(wrong)} />
      {wrong ? <div className="ff-problem">{wrong}</div> : null}
    </>
  );
}

const SHAPES = { array: "A list, such as [1, 2],", object: 'An object, such as {"a": 1},' };

function canonical(source) {
  try {
    return JSON.stringify(JSON.parse(source));
  } catch {
    return null;
  }
}

// A field for text may hold a list or an object in the file: as text, the first key typed would make a text of it.
const orJson = (Control) => function ValueControl(props) {
  return props.value !== null && typeof props.value === "object" ? <JsonControl {...props} lines={4} /> : <Control {...props} />;
};

export const CONTROLS = {
  string: orJson(TextControl), expression: orJson(code("expression", 1)), multiline: orJson(code("template", 2)), python: code("python", 7), sql: code("sql", 6),
  number: NumberControl, boolean: BooleanControl, enum: EnumControl, json: JsonControl, duration: DurationControl, secret: SecretControl, any: AnyControl,
  object: ObjectControl, list: ListControl, map: MapControl, union: UnionControl, parameters: ParametersControl,
};
