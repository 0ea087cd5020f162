// The viewer's host: one execution, over one connection.

export class ViewerHost {
  constructor(executionId, folder, server, tell) {
    this.listeners = new Set();
    this.waiting = [];
    this.isOpened = false;
    this.tell = tell;
    this.line = server.line("viewer", {
      opened: () => this.line.send({ kind: "open", execution_id: executionId, folder }),
      said: (message) => this.hear(message),
      lost: () => {
        this.isOpened = false;
        tell({ lost: true });
      },
    });
  }

  dispose() {
    this.line.close();
  }

  get(name) {
    return { height: 0, theme: "auto", screen: "viewer" }[name];
  }

  watch() {
    return () => {};
  }

  onMsg(listen) {
    this.listeners.add(listen);
    return () => this.listeners.delete(listen);
  }

  send(message) {
    this.client = message.client;
    if (this.isOpened) this.line.send(message);
    else if (message.kind !== "hello") this.waiting.push(message);
  }

  hear(message) {
    if (message.kind === "broken") return this.tell({ broken: message.reason });
    if (message.kind !== "opened") return [...this.listeners].forEach((listen) => listen(message));
    this.tell({ lost: false, broken: null });
    this.isOpened = true;
    for (const kept of this.waiting.splice(0)) this.line.send(kept);
    if (this.client) this.line.send({ kind: "hello", client: this.client });
  }
}
