// What the hosts of both screens have in common: the listeners of the page, and one connection that comes and goes.

export class LineHost {
  /** `tell` is called with `{lost}` and `{broken}`: whether the server is away, and why nothing can be shown. */
  constructor(screen, server, tell) {
    this.screen = screen;
    this.tell = tell;
    this.listeners = new Set();
    this.waiting = []; // what the page said before the session was there
    this.isOpened = false;
    this.line = server.line(screen, {
      opened: () => this.open(),
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

  // ---- what a screen asks of any host

  get(name) {
    return { height: 0, theme: "auto", screen: this.screen }[name];
  }

  watch() {
    return () => {};
  }

  onMsg(listen) {
    this.listeners.add(listen);
    return () => this.listeners.delete(listen);
  }

  say(message) {
    for (const listen of [...this.listeners]) listen(message);
  }

  /** The session is there: say what waited for it, `first` before the rest. */
  onOpened(first = []) {
    this.tell({ lost: false, broken: null });
    if (this.isOpened) return;
    this.isOpened = true;
    for (const message of [...first, ...this.waiting.splice(0)]) this.line.send(message);
    if (this.client) this.line.send({ kind: "hello", client: this.client });
  }
}
