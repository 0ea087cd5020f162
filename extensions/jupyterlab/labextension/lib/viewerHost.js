// The viewer's host: one execution, over one connection.

import { LineHost } from "./lineHost.js";

export class ViewerHost extends LineHost {
  constructor(executionId, folder, server, tell) {
    super("viewer", server, tell);
    this.executionId = executionId;
    this.folder = folder;
  }

  open() {
    this.line.send({ kind: "open", execution_id: this.executionId, folder: this.folder });
  }

  send(message) {
    this.client = message.client;
    if (this.isOpened) this.line.send(message);
    else if (message.kind !== "hello") this.waiting.push(message);
  }

  hear(message) {
    if (message.kind === "broken") return this.tell({ broken: message.reason });
    if (message.kind === "opened") return this.onOpened();
    this.say(message);
  }
}
