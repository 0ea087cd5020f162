// A value in the form a person chooses: table, tree, JSON, text or chart, whichever of these it can be.

import { useMemo, useState } from "react";
import { IconButton } from "../ui/parts.jsx";
import { Chart, canChart } from "./Chart.jsx";
import { ValueView, tableOf } from "./ValueView.jsx";

const TITLES = { view: "Table", tree: "Tree", json: "JSON", text: "Text", chart: "Chart" };

export function ValueBox({ value }) {
  const forms = useMemo(() => formsOf(value), [value]);
  const [chosen, setChosen] = useState(null);
  const form = forms.includes(chosen) ? chosen : forms[0];
  const copy = () => navigator.clipboard?.writeText(form === "text" ? textOf(value) : JSON.stringify(value, null, 2));
  if (value === null || typeof value !== "object") {
    return typeof value === "string" && value.length > 60 ? <pre className="ff-log">{value}</pre> : <ValueView value={value ?? null} />;
  }
  return (
    <div className="ff-value">
      <div className="ff-value-forms" role="radiogroup" aria-label="Show as">
        {forms.map((one) => <button key={one} type="button" role="radio" aria-checked={one === form} onClick={() => setChosen(one)}>{TITLES[one]}</button>)}
        <span className="ff-space" /><IconButton icon="copy" size={12} label="Copy" onClick={copy} />
      </div>
      {form === "view" ? <ValueView value={value} /> : null}
      {form === "tree" ? <ValueView value={value} asTree /> : null}
      {form === "json" ? <pre className="ff-log is-json" tabIndex={0} role="region" aria-label="JSON">{JSON.stringify(value, null, 2)}</pre> : null}
      {form === "text" ? <pre className="ff-log" tabIndex={0} role="region" aria-label="Text">{textOf(value)}</pre> : null}
      {form === "chart" ? <Chart table={firstTable(value)} /> : null}
    </div>
  );
}

function firstTable(value) {
  return tableOf(value) || (value && typeof value === "object" ? Object.values(value).map(tableOf).find(Boolean) : null) || null;
}

function formsOf(value) {
  if (value === null || typeof value !== "object") return [];
  const table = firstTable(value);
  return [table ? "view" : null, table ? null : "tree", table ? "tree" : null, "json", textOf(value) !== null ? "text" : null, table && canChart(table) ? "chart" : null].filter(Boolean);
}

/** The one text in a value, if it holds no more than that. */
function textOf(value) {
  if (typeof value === "string") return value;
  const inside = Object.values(value).filter((item) => item !== null);
  const text = inside.length === 1 ? inside[0] : null;
  return typeof text === "string" ? text : text?.$cut?.text ?? null;
}
