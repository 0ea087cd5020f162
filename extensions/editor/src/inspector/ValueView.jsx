// A value as people want to see it: tables as tables, everything else as a tree that opens.

import { useMemo, useState } from "react";
import { Icon } from "../ui/Icon.jsx";
import { counted } from "../ui/parts.jsx";

const PAGE = 50;

/** `value` is JSON in which a table is `{"$table": {columns, rows, total}}` and a cut text or list says so by `$cut`. */
export function ValueView({ value, asTree = false }) {
  const table = asTree ? null : tableOf(value);
  if (table) return <TableView table={table} />;
  if (value === null || typeof value !== "object") return <div className="ff-tree"><Leaf value={value} /></div>;
  if (asTree) return <div className="ff-tree"><Branch value={value} depth={0} /></div>;
  const tables = Array.isArray(value) ? [] : Object.entries(value).filter(([, item]) => tableOf(item));
  const rest = Array.isArray(value) ? value : Object.fromEntries(Object.entries(value).filter(([, item]) => !tableOf(item)));
  return (
    <>
      {tables.map(([name, item]) => <div key={name} className="ff-named-table"><div className="ff-table-name">{name}</div><TableView table={tableOf(item)} /></div>)}
      {Object.keys(rest).length || !tables.length ? <div className="ff-tree"><Branch value={rest} depth={0} /></div> : null}
    </>
  );
}

export function tableOf(value) {
  if (value?.$table) return value.$table;
  const isRecords = Array.isArray(value) && value.length > 0 && value.every((row) => row && typeof row === "object" && !Array.isArray(row) && !row.$table && !row.$cut);
  if (!isRecords) return null;
  const names = [...new Set(value.flatMap(Object.keys))];
  return { columns: names.map((name) => ({ name })), rows: value.map((row) => names.map((name) => row[name])), total: value.length };
}

function TableView({ table }) {
  const [count, setCount] = useState(PAGE);
  return (
    <div className="ff-table">
      <div className="ff-table-scroll nowheel" tabIndex={0} role="region" aria-label="Rows">
        <table>
          <thead><tr><th scope="col">#</th>{table.columns.map((column) => <th key={column.name} scope="col" title={column.type}>{column.name}{column.type ? <small>{column.type}</small> : null}</th>)}</tr></thead>
          <tbody>
            {table.rows.slice(0, count).map((row, index) => (
              <tr key={index}><td>{index + 1}</td>{row.map((cell, at) => <td key={at} className={typeof cell === "number" ? "is-number" : ""} title={cellText(cell)}>{cellText(cell)}</td>)}</tr>
            ))}
          </tbody>
        </table>
      </div>
      <div className="ff-table-foot">
        {counted(table.total, "row")}, {counted(table.columns.length, "column")}
        {table.total > Math.min(count, table.rows.length) ? `, the first ${Math.min(count, table.rows.length)} shown` : ""}
        {table.rows.length > count ? <button type="button" onClick={() => setCount(count + 200)}>Show more</button> : null}
      </div>
    </div>
  );
}

const cellText = (cell) => (cell === null || cell === undefined ? "" : typeof cell === "object" ? JSON.stringify(cell) : typeof cell === "number" && !Number.isInteger(cell) ? String(Number(cell.toPrecision(7))) : String(cell));

function Branch({ value, depth, name }) {
  const entries = useMemo(() => (Array.isArray(value) ? value.map((item, index) => [index, item]) : Object.entries(value)), [value]);
  const [open, setOpen] = useState(depth < 2 && entries.length <= 40);
  const [count, setCount] = useState(PAGE);
  const [left, right] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  const head = name !== undefined ? <span className="ff-tree-key">{name}</span> : null;
  if (!entries.length) return <div className="ff-tree-line">{head}<span className="ff-tree-dim">{left}{right}</span></div>;
  return (
    <div className="ff-tree-branch">
      <button type="button" className="ff-tree-line" aria-expanded={open} onClick={() => setOpen(!open)}>
        <Icon name={open ? "chevron-down" : "chevron-right"} size={11} />{head}<span className="ff-tree-dim">{left}{open ? "" : ` ${entries.length} ${right}`}</span>
      </button>
      {open ? (
        <div className="ff-tree-inner">
          {entries.slice(0, count).map(([key, item]) => (item !== null && typeof item === "object" && !item.$cut ? <Branch key={key} name={key} value={item.$table ? `table` : item} depth={depth + 1} /> : <Leaf key={key} name={key} value={item} />))}
          {entries.length > count ? <button type="button" className="ff-tree-more" onClick={() => setCount(count + 500)}>{entries.length - count} more</button> : null}
        </div>
      ) : null}
    </div>
  );
}

function Leaf({ name, value }) {
  const cut = value?.$cut;
  const shown = cut ? cut.text ?? `… ${cut.more} more` : value;
  const kind = shown === null ? "null" : cut && !cut.text ? "dim" : typeof shown;
  return (
    <div className="ff-tree-line">
      {name !== undefined ? <span className="ff-tree-key">{name}</span> : null}
      <span className={`ff-tree-${kind}`}>{typeof shown === "string" && kind !== "dim" ? `"${shown}"` : String(shown)}</span>
      {cut?.text ? <span className="ff-tree-dim"> … {cut.more.toLocaleString("en-US")} more characters</span> : null}
    </div>
  );
}
