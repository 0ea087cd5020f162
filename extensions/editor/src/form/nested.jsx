// Controls that hold other controls: objects, lists, maps from name to value, and a choice between shapes.

import { useRef, useState } from "react";
import { controlOf, fieldsOf, optional, startValue, titleOf, valuesOf, variantOf } from "../state/schema.js";
import { Button, IconButton, LazyInput } from "../ui/parts.jsx";
import { useForm } from "./context.js";
import { Field } from "./Field.jsx";

/** The fields of an object, required ones first, in the order of the model. */
export function Fields({ path, schema, value, onChange }) {
  const { root } = useForm();
  const current = value && typeof value === "object" ? value : {};
  const fields = fieldsOf(schema, root).filter((field) => field.schema.const === undefined);
  const change = (name, next) => {
    const copy = { ...current };
    if (next === undefined) delete copy[name];
    else copy[name] = next;
    onChange(copy, path ? `${path}.${name}` : name);
  };
  return fields.map((field) => (
    <Field key={field.name} path={path ? `${path}.${field.name}` : field.name} {...field} value={current[field.name]} onChange={(next) => change(field.name, next)} />
  ));
}

export function ObjectControl({ path, schema, value, onChange, title }) {
  return (
    <fieldset className="ff-nested" aria-label={title}>
      <Fields path={path} schema={schema} value={value} onChange={(next) => onChange(Object.keys(next).length ? next : undefined)} />
    </fieldset>
  );
}

export function ListControl({ path, schema, value, onChange, title }) {
  const { root, readOnly } = useForm();
  const items = Array.isArray(value) ? value : [];
  const keys = useKeys(items.length);
  const { schema: itemSchema } = optional(schema.items || {}, root);
  const isFlat = !["object", "list", "map", "union"].includes(controlOf(itemSchema));
  const set = (next) => onChange(next.length ? next : undefined);
  const replace = (index, next) => set(items.map((item, at) => (at === index ? (next === undefined ? "" : next) : item)));
  const remove = (index) => {
    keys.remove(index);
    set(items.filter((_item, at) => at !== index));
  };
  const move = (index, step) => {
    const next = [...items];
    next.splice(index + step, 0, ...next.splice(index, 1));
    keys.move(index, step);
    set(next);
  };
  const noun = singular(title);
  return (
    <div className="ff-list" aria-label={title}>
      {items.map((item, index) => (
        <div className={`ff-item ${isFlat ? "is-flat" : ""}`} key={keys.of(index)}>
          {isFlat ? null : <div className="ff-item-top">{noun} {index + 1}</div>}
          <Field bare path={`${path}.${index}`} name={String(index)} title={`${title} ${index + 1}`} schema={itemSchema} value={item} onChange={(next) => replace(index, next)} />
          {readOnly ? null : (
            <div className="ff-item-tools">
              <IconButton icon="arrow-up" size={12} label={`Move ${noun} ${index + 1} up`} disabled={index === 0} onClick={() => move(index, -1)} />
              <IconButton icon="arrow-down" size={12} label={`Move ${noun} ${index + 1} down`} disabled={index === items.length - 1} onClick={() => move(index, 1)} />
              <IconButton icon="trash-2" size={12} label={`Remove ${noun} ${index + 1}`} onClick={() => remove(index)} />
            </div>
          )}
        </div>
      ))}
      {readOnly ? null : <Button icon="plus" tone="quiet" onClick={() => set([...items, startValue(schema.items || {}, root)])}>{addOne(title)}</Button>}
    </div>
  );
}

const singular = (title) => title.replace(/ies$/i, "y").replace(/(ch|sh|x|ss)es$/i, "$1").replace(/([^s])s$/i, "$1");

// What names one item where the title names many; a title such as "Pick" or "Query" names none.
const addOne = (title) => (singular(title) === title ? "Add" : `Add ${singular(title).toLowerCase()}`);

// Keys that stay with an item when it moves, so that an open editor moves along.
function useKeys(length) {
  const keys = useRef([]);
  const next = useRef(0);
  while (keys.current.length < length) keys.current.push((next.current += 1));
  keys.current.length = length;
  return {
    of: (index) => keys.current[index],
    remove: (index) => keys.current.splice(index, 1),
    move: (index, step) => keys.current.splice(index + step, 0, ...keys.current.splice(index, 1)),
  };
}

export function MapControl({ path, schema, value, onChange, title }) {
  const { root, readOnly } = useForm();
  const entries = Object.entries(value && typeof value === "object" ? value : {});
  const rest = valuesOf(schema);
  const { schema: valueSchema } = optional(rest, root);
  const set = (next) => onChange(next.length ? Object.fromEntries(next) : undefined);
  const isTaken = (name, index) => entries.some(([other], at) => other === name && at !== index);
  return (
    <div className="ff-map" aria-label={title}>
      {entries.map(([name, item], index) => (
        <div className="ff-map-row" key={index}>
          <LazyInput value={name} aria-label={`${title}: name`} placeholder="Name" disabled={readOnly} check={(next) => (!next.trim() ? "A name is needed." : isTaken(next.trim(), index) ? "This name is taken." : null)} onCommit={(next) => set(entries.map((entry, at) => (at === index ? [next.trim(), item] : entry)))} />
          <Field bare path={`${path}.${name}`} name={name} title={`${title}: ${name}`} schema={valueSchema} value={item} onChange={(next) => set(entries.map((entry, at) => (at === index ? [name, next === undefined ? "" : next] : entry)))} />
          {readOnly ? null : <IconButton icon="trash-2" size={12} label={`Remove ${name}`} onClick={() => set(entries.filter((_entry, at) => at !== index))} />}
        </div>
      ))}
      {readOnly ? null : <Button icon="plus" tone="quiet" onClick={() => set([...entries, [freeName(entries, singular(title)), startValue(rest, root)]])}>{addOne(title)}</Button>}
    </div>
  );
}

function freeName(entries, title) {
  const stem = title.toLowerCase().replace(/\W+/g, "_") || "name";
  const taken = new Set(entries.map(([name]) => name));
  let name = stem;
  for (let number = 2; taken.has(name); number += 1) name = `${stem}_${number}`;
  return name;
}

export function UnionControl(props) {
  const { schema, value, onChange, title, fallback } = props;
  const { root, readOnly } = useForm();
  const [chosen, setChosen] = useState(null);
  const found = value === undefined && fallback === null ? -1 : variantOf(schema, value === undefined ? fallback : value, root);
  const index = value === undefined && chosen !== null ? chosen : found;
  const variant = schema.variants[index] && optional(schema.variants[index], root).schema;
  const choose = (next) => {
    setChosen(next);
    onChange(next < 0 ? undefined : startValue(schema.variants[next], root));
  };
  return (
    <div className="ff-union">
      <select className="ff-input" aria-label={`${title}: which`} disabled={readOnly} value={index} onChange={(event) => choose(Number(event.target.value))}>
        <option value={-1}>None</option>
        {schema.variants.map((option, at) => <option key={at} value={at}>{variantTitle(option, root)}</option>)}
      </select>
      {variant ? <Field bare {...props} schema={variant} onChange={onChange} /> : null}
    </div>
  );
}

const WORDS = { string: "Text", integer: "Whole number", number: "Number", boolean: "Yes/no", list: "List", map: "Names and values", object: "Fields", any: "Any value", expression: "Expression", duration: "Duration" };

function variantTitle(raw, root) {
  const { schema } = optional(raw, root);
  const constant = Object.values(schema.properties || {}).find((field) => field.const !== undefined);
  if (constant) return titleOf(String(constant.const), schema.title && !/^[A-Z]\w*$/.test(schema.title) ? schema.title : undefined);
  if (schema.title && schema.properties) return schema.title.replace(/([a-z])([A-Z])/g, "$1 $2");
  const control = controlOf(schema);
  return WORDS[control] || WORDS[schema.type] || control;
}
