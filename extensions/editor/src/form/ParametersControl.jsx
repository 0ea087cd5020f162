// The parameters of the notebook that a node names, each as a field of its type; values that it does not take are told.

import { useCallback, useEffect } from "react";
import { fieldsOf, isTemplate } from "../state/schema.js";
import { IconButton, useSession, useView } from "../ui/parts.jsx";
import { useForm } from "./context.js";
import { Field, rich } from "./Field.jsx";
import { MapControl } from "./nested.jsx";

const PAUSE_MS = 300;
const ANY = { format: "any" };
const TYPES = { string: "text", integer: "whole number", number: "number", boolean: "yes/no", array: "list", object: "object" };

export function ParametersControl(props) {
  const { node } = useForm();
  const name = useView((s) => s.graph.nodes[node]?.config?.path);
  const isNamed = typeof name === "string" && name.trim() !== "";
  const takes = useView((s) => (isNamed ? s.notebooks[name] : null));
  const ask = useAsking(isNamed ? name : "");
  if (!isNamed) return <Loose {...props} note="Name the notebook above to see what it takes." />;
  if (!takes) return <div className="ff-loading is-inline"><i className="ff-spinner" />Reading the notebook…</div>;
  if (!takes.schema) return <Loose {...props} note={takes.missing ? `What it takes is not known: ${takes.missing}.` : `${sentence(takes.note)}.`} ask={isTemplate(name) ? null : ask} />;
  return <Told {...props} schema={takes.schema} notebook={name} ask={ask} />;
}

/** Ask what a notebook takes: at once for the first one, after a pause while its name is typed, and when the page is looked at again. */
function useAsking(name) {
  const session = useSession();
  const isKnown = useView((s) => Boolean(s.notebooks[name]));
  const ask = useCallback(() => name && session.send({ kind: "notebook", name }), [session, name]);
  useEffect(() => {
    const timer = setTimeout(ask, isKnown ? 0 : PAUSE_MS);
    window.addEventListener("focus", ask);
    return () => {
      clearTimeout(timer);
      window.removeEventListener("focus", ask);
    };
    // Only another notebook is asked for again, not the same one that has answered.
  }, [ask]);
  return ask;
}

function Told({ path, schema, notebook, value, onChange, title, ask }) {
  const { readOnly } = useForm();
  const given = value && typeof value === "object" ? value : {};
  const fields = fieldsOf(schema, schema);
  const known = new Set(fields.map((field) => field.name));
  const others = Object.keys(given).filter((name) => !known.has(name));
  const set = (name, next) => {
    const copy = { ...given };
    if (next === undefined) delete copy[name];
    else copy[name] = next;
    onChange(Object.keys(copy).length ? copy : undefined);
  };
  return (
    <fieldset className="ff-nested ff-parameters" aria-label={title}>
      <Source ask={ask}>{fields.length ? <>Read from <code>{notebook}</code>; what is not given here stays the notebook’s own.</> : <><code>{notebook}</code> takes none.</>}</Source>
      {fields.map((field) => (
        <Field key={field.name} path={`${path}.${field.name}`} {...field} title={field.name} tag={TYPES[field.schema.type]} value={given[field.name]} onChange={(next) => set(field.name, next)} />
      ))}
      {others.map((name) => (
        <div className="ff-unknown" key={name}>
          <div className="ff-field-top"><span className="ff-field-title">{name}</span>{readOnly ? null : <IconButton icon="trash-2" size={12} label={`Remove ${name}`} onClick={() => set(name, undefined)} />}</div>
          <Field bare path={`${path}.${name}`} name={name} title={name} schema={ANY} value={given[name]} onChange={(next) => set(name, next ?? "")} />
        </div>
      ))}
    </fieldset>
  );
}

/** Names and values as they are, where nothing is known of what the notebook takes. */
function Loose({ note, ask, ...props }) {
  return <div className="ff-parameters"><Source ask={ask}>{rich(note)}</Source><MapControl {...props} /></div>;
}

function Source({ ask, children }) {
  return <div className="ff-source"><p className="ff-help">{children}</p>{ask ? <IconButton icon="rotate-ccw" size={12} label="Read the notebook again" onClick={ask} /> : null}</div>;
}

const sentence = (text) => text[0].toUpperCase() + text.slice(1);
