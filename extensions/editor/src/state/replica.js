// A view's copy of the graph: what Python has confirmed, and on top what it was told but has not answered yet.
// Edits of other views go below our own pending ones, so that all copies end up alike.

import { applyOps } from "./ops.js";

export class Replica {
  constructor(graph) {
    this.reset(graph);
    this.seq = 0;
  }

  reset(graph) {
    this.confirmed = graph;
    this.pending = [];
    this.graph = graph;
  }

  /** Apply an edit of this view at once; returns the number to send along with it. */
  edit(ops) {
    this.seq += 1;
    this.pending.push({ seq: this.seq, ops });
    this.graph = applyOps(this.graph, ops);
    return this.seq;
  }

  /** Python has taken the edit with this number. */
  confirm(seq) {
    while (this.pending.length && this.pending[0].seq <= seq) {
      this.confirmed = applyOps(this.confirmed, this.pending.shift().ops);
    }
    if (!this.pending.length) this.confirmed = this.graph;
  }

  /** Something changed elsewhere. */
  merge(ops) {
    this.confirmed = applyOps(this.confirmed, ops);
    this.graph = this.pending.reduce((graph, edit) => applyOps(graph, edit.ops), this.confirmed);
  }

  /** Python says what is true after the edit `seq`; edits made since then are kept on top. */
  correct(graph, seq = Infinity) {
    this.confirmed = graph;
    this.pending = this.pending.filter((edit) => edit.seq > seq);
    this.graph = this.pending.reduce((current, edit) => applyOps(current, edit.ops), graph);
  }
}
