// The editor's host on a document of JupyterLab. The document model holds the text, so that saving, renaming,
// reverting, other editors of the file and collaborators work as for any document; the session on the server makes
// the text after each edit, and reads it where somebody else wrote it.

import { LineHost } from "./lineHost.js";

const SETTLE_MS = 5000;
const READ_MS = 250;
const CHECK_MS = 5000;
const FROM_PAGE = {
  save: (host, message) => host.save(Boolean(message.force)),
  check: (host) => host.check(),
  reload: (host) => host.revert(),
};

export class DocumentHost extends LineHost {
  constructor(context, server, tell) {
    super("editor", server, tell);
    this.context = context;
    this.server = server;
    this.isDocument = true; // the editor's Ctrl+S is this host's, not the page's
    this.unsettled = []; // edits that are not in the text yet
    this.isApplying = false;
    this.hasConflict = false;
    this.isSavedAgain = false;
    context.model.contentChanged.connect(this.onContent, this);
    context.model.stateChanged.connect(this.tellFile, this);
    context.pathChanged.connect(this.onPath, this);
    context.saveState.connect(this.onSave, this);
    this.checking = setInterval(() => document.visibilityState === "visible" && this.check(), CHECK_MS);
  }

  dispose() {
    const { model } = this.context;
    clearInterval(this.checking);
    clearTimeout(this.reading);
    model.contentChanged?.disconnect(this.onContent, this);
    model.stateChanged?.disconnect(this.tellFile, this);
    this.context.pathChanged.disconnect(this.onPath, this);
    this.context.saveState.disconnect(this.onSave, this);
    super.dispose();
  }

  send(message) {
    this.client = message.client;
    const own = FROM_PAGE[message.kind];
    if (own) return own(this, message);
    if (message.kind === "ops") {
      this.unsettled.push(message);
      this.context.model.dirty = true;
    }
    if (this.isOpened) this.line.send(message);
    else if (message.kind !== "hello" && message.kind !== "ops") this.waiting.push(message);
  }

  // ---- the session on the server

  get path() {
    return this.server.localPath(this.context.path);
  }

  async open() {
    await this.context.ready; // before that the document has no text yet
    const { model, contentsModel } = this.context;
    this.settled = 0; // edits of this connection that are in the text
    this.line.send({ kind: "open", path: this.path, text: model.toString(), read_only: contentsModel?.writable === false });
  }

  hear(message) {
    if (message.kind === "opened") return this.onOpened(this.unsettled);
    if (message.kind === "text") return this.onText(message);
    if (message.kind === "broken") return this.tell({ broken: message.reason });
    if (message.file) message = { ...message, file: this.file() };
    this.say(message);
    if (message.kind === "run") this.tell({ run: message.run });
  }

  /** The session made the text anew; `edits` tells how many of ours are in it. */
  onText({ text, edits }) {
    this.unsettled.splice(0, edits - this.settled);
    this.settled = edits;
    const { model } = this.context;
    if (model.toString() !== text) {
      this.isApplying = true;
      model.fromString(text);
      this.isApplying = false;
    }
    this.tellFile();
    if (!this.unsettled.length) this.onSettled();
  }

  onSettled() {
    this.whenSettled?.();
    this.whenSettled = null;
    if (!this.isSavedAgain) return;
    this.isSavedAgain = false;
    this.context.save();
  }

  // ---- the document

  file() {
    const { model, path } = this.context;
    return { name: path.split("/").pop(), dirty: model.dirty, conflict: this.hasConflict };
  }

  tellFile() {
    this.say({ kind: "file", file: this.file() });
  }

  /** Somebody else wrote into the document. */
  onContent() {
    if (this.isApplying || !this.context.isReady) return;
    clearTimeout(this.reading);
    this.reading = setTimeout(() => this.line.send({ kind: "text", text: this.context.model.toString() }), READ_MS);
  }

  onPath() {
    this.line.send({ kind: "moved", path: this.path, text: this.context.model.toString() });
    this.tellFile();
  }

  onSave(_context, state) {
    if (state === "started" && this.unsettled.length) this.isSavedAgain = true;
    if (!state.startsWith("completed")) return;
    this.hasConflict = false;
    this.line.send({ kind: "kept", text: this.context.model.toString() });
    this.tellFile();
  }

  async save(force) {
    if (this.unsettled.length) await Promise.race([new Promise((done) => (this.whenSettled = done)), later(SETTLE_MS)]);
    if (force) await this.overwrite();
    else await this.context.save();
  }

  /** Write what is here over what somebody else wrote; JupyterLab itself would ask once more. */
  async overwrite() {
    const { context, server } = this;
    const options = { type: "file", format: "text", content: context.model.toString() };
    await server.contents.save(context.path, options);
    this.line.send({ kind: "kept", text: context.model.toString() });
    await this.revert();
  }

  async revert() {
    await this.context.revert();
    this.context.model.dirty = false; // from 4.6 on JupyterLab leaves that to whoever asked
    this.hasConflict = false;
    this.tellFile();
  }

  /** Look whether somebody else changed the file; what is not edited here is simply read again. */
  async check() {
    const { context } = this;
    const known = context.contentsModel?.last_modified;
    if (this.isChecking || !known || !context.isReady) return;
    this.isChecking = true;
    try {
      const found = await this.server.contents.get(context.path, { content: false });
      if (context.isDisposed || context.contentsModel?.last_modified !== known) return; // saved meanwhile
      const isChanged = new Date(found.last_modified) - new Date(known) > 500;
      if (isChanged && !context.model.dirty) {
        await this.revert();
        this.say({ kind: "notice", text: `Read again: ${this.file().name} was changed on disk`, tone: "info" });
      } else if (isChanged !== this.hasConflict) {
        this.hasConflict = isChanged;
        this.tellFile();
      }
    } catch {
      // The file is gone or the server is away: JupyterLab tells of both.
    } finally {
      this.isChecking = false;
    }
  }
}

const later = (ms) => new Promise((done) => setTimeout(done, ms));
