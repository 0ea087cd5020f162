// Fields of a form: a label, a control, what it is for, and what is wrong with it.

import { element } from "./elements.js";

let count = 0;

/** Return a field around a control; `tell(text)` shows what is wrong with it, nothing takes that away. */
export function field({ label, control, tag = "", help = "", isWide = false }) {
  const id = `ffl-field-${(count += 1)}`;
  const wrong = element("p", { class: "ffl-wrong", id: `${id}-wrong`, role: "alert", hidden: true });
  const about = help ? element("p", { class: "ffl-help", id: `${id}-help` }, help) : null;
  control.id = id;
  control.setAttribute("aria-describedby", [help ? `${id}-help` : "", `${id}-wrong`].join(" ").trim());
  const name = element("label", { for: id }, label, tag ? element("code", { class: "ffl-type" }, tag) : null);
  const node = element("div", { class: isWide ? "ffl-field is-wide" : "ffl-field" }, name, control, wrong, about);
  const tell = (text) => {
    wrong.textContent = text || "";
    wrong.hidden = !text;
    control.setAttribute("aria-invalid", String(Boolean(text)));
  };
  return { node, control, tell };
}

export const textBox = (value = "", more = {}) => element("input", { type: "text", class: "ffl-input", spellcheck: "false", autocomplete: "off", value, ...more });

/** Return a choice among pairs of value and text. */
export function choice(pairs, value, more = {}) {
  const box = element("select", { class: "ffl-input", ...more }, ...pairs.map(([one, text]) => element("option", { value: one }, text)));
  box.value = value;
  return box;
}

/** Return a part of a form with a heading. */
export const group = (title, ...children) => element("fieldset", { class: "ffl-group" }, element("legend", {}, title), ...children);

export const row = (...children) => element("div", { class: "ffl-row-of-fields" }, ...children);
