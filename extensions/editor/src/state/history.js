// Undo and redo as stacks of inverse operations; quick edits of one field become one entry.

import { renameInOp } from "./ops.js";

const MERGE_MS = 1200;
const MAX_ENTRIES = 200;

export class History {
  constructor(now = () => performance.now()) {
    this.now = now;
    this.past = [];
    this.future = [];
  }

  get canUndo() {
    return this.past.length > 0;
  }

  get canRedo() {
    return this.future.length > 0;
  }

  /** Remember an edit. Edits with the same `key` shortly after one another are taken back together. */
  push(undo, redo, { key = "", label = "" } = {}) {
    const last = this.past.at(-1);
    const at = this.now();
    this.future = [];
    if (key && last?.key === key && at - last.at < MERGE_MS) {
      last.redo = redo;
      last.at = at;
      return;
    }
    this.past.push({ undo, redo, key, label, at });
    if (this.past.length > MAX_ENTRIES) this.past.shift();
  }

  /** Return the operations that take the last edit back, or null. */
  undo() {
    return this.#shift(this.past, this.future, "undo");
  }

  redo() {
    return this.#shift(this.future, this.past, "redo");
  }

  #shift(from, to, side) {
    const entry = from.pop();
    if (!entry) return null;
    entry.key = "";
    to.push(entry);
    return entry[side];
  }

  /** A node has got another id: what is remembered of it follows. Renames themselves stay as they are. */
  rename(node, to) {
    const follow = (op) => (op.op === "rename" ? op : renameInOp(op, node, to));
    for (const entry of [...this.past, ...this.future]) {
      entry.undo = entry.undo.map(follow);
      entry.redo = entry.redo.map(follow);
    }
  }

  clear() {
    this.past = [];
    this.future = [];
  }
}
