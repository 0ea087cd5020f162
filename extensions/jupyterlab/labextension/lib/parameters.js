// Parameters of notebooks as fields by type. Only what was changed is given: all else stays the notebook's own.

import { element } from "./elements.js";
import { choice, field, textBox } from "./fields.js";

const TEXTS = new Set(["string", "any"]);

/** Return `{nodes, read(), tell(problems), isOpen}` for what notebooks take; `changed` hears of edits. */
export function parameterFields(notebooks, changed) {
  const known = new Map();
  for (const { parameters } of notebooks) for (const one of parameters) if (!known.has(one.name)) known.set(one.name, parameterField(one));
  const notes = [...new Set(notebooks.map((one) => one.note).filter(Boolean))];
  const extra = notes.length ? extraValues(changed) : null;
  const nodes = [...known.values()].map((one) => one.node);
  if (!nodes.length && !notes.length) nodes.push(element("p", { class: "ffl-help" }, "The notebook takes none."));
  nodes.push(...notes.map((text) => element("p", { class: "ffl-help" }, sentence(text))), ...(extra ? [extra.node] : []));
  const read = () => ({ ...extra?.read(), ...Object.fromEntries([...known].filter(([, one]) => one.isChanged()).map(([name, one]) => [name, one.read()])) });
  const tell = (problems) => known.forEach((one, name) => one.tell(problems[`parameters.${name}`]));
  return { nodes, read, tell, names: [...known.keys()] };
}

const sentence = (text) => `${text[0].toUpperCase()}${text.slice(1).replaceAll("`", "")}.`;

function parameterField(one) {
  const { control, read } = controlOf(one);
  const first = JSON.stringify(read());
  const left = one.has_default || !one.written ? "" : `Without a value it is calculated: ${one.written}`;
  const made = field({ label: one.name, tag: one.type === "any" ? "" : one.type, control, help: [one.help, left].filter(Boolean).join(". ") });
  control.dataset.parameter = one.name;
  return { ...made, read, isChanged: () => JSON.stringify(read()) !== first };
}

function controlOf(one) {
  if (one.choices.length) {
    const none = one.has_default ? [] : [["", "Choose…"]];
    const at = one.choices.indexOf(one.default);
    const box = choice([...none, ...one.choices.map((value, index) => [String(index), String(value)])], at < 0 ? "" : String(at));
    return { control: box, read: () => (box.value === "" ? null : one.choices[box.value]) };
  }
  if (one.type === "boolean") {
    const box = choice([["true", "True"], ["false", "False"]], String(Boolean(one.default)));
    return { control: box, read: () => box.value === "true" };
  }
  const isText = one.type === "string" && (one.default === null || typeof one.default === "string");
  const shown = one.has_default ? (isText ? one.default || "" : JSON.stringify(one.default)) : "";
  const hint = { array: "[1, 2]", object: '{"key": "value"}' }[one.type] || "";
  const box = textBox(shown, { placeholder: shown ? "" : hint, class: isText ? "ffl-input" : "ffl-input is-mono" });
  return { control: box, read: () => (isText ? box.value : valueOf(box.value, one.type)) };
}

/** Return the value that a text says; what is none of its type stays a text, and the server tells. */
export function valueOf(text, type) {
  if (text.includes("{{")) return text; // a template
  try {
    const value = JSON.parse(text);
    const isExact = typeof value !== "number" || !Number.isInteger(value) || Number.isSafeInteger(value);
    return isExact && Number.isFinite(typeof value === "number" ? value : 0) ? value : text;
  } catch {
    return TEXTS.has(type) || text.trim() ? text : null;
  }
}

/** Names and values for a notebook that does not tell what it takes. */
function extraValues(changed) {
  const list = element("div", { class: "ffl-extra" });
  const add = () => {
    const name = textBox("", { placeholder: "name", "aria-label": "Name of a value", class: "ffl-input is-mono" });
    const value = textBox("", { placeholder: "value", "aria-label": "Value", class: "ffl-input is-mono" });
    const line = element("div", { class: "ffl-row-of-fields" }, name, value);
    const away = element("button", { type: "button", class: "ffl-plain", title: "Take it away", onclick: () => { line.remove(); changed(); } }, "Remove");
    line.append(away);
    list.append(line);
    name.focus();
  };
  const node = element("div", {}, list, element("button", { type: "button", class: "ffl-plain", onclick: add }, "Add a value"));
  const read = () => Object.fromEntries([...list.children].map((line) => [...line.querySelectorAll("input")].map((box) => box.value)).filter(([name]) => name.trim()).map(([name, text]) => [name.trim(), valueOf(text, "any")]));
  return { node, read };
}
