// What the controllers of all screens have in common: their store, the host they talk to, notices, preferences.

import { savePreferences } from "./preferences.js";
import { createStore } from "./store.js";

const HELLO_MS = 1500;
const MOST_HELLOS = 40;

export class Hosted {
  /** `receive(session, message)` takes what Python says. */
  constructor(host, initial, receive) {
    this.host = host;
    this.store = createStore(initial);
    this.receive = receive;
    this.canvas = null; // set by the canvas: { center(), flowPoint(screen), sizes(), reveal(ids), fit(), select(ids) }
    this.noticeNumber = 0;
    this.client = Math.random().toString(36).slice(2, 12); // one widget may be shown on several pages
  }

  send(message) {
    this.host.send({ ...message, client: this.client });
  }

  /** Start to talk to Python; returns the function that stops it. */
  start() {
    const stop = this.host.onMsg((message) => this.receive(this, message));
    let tries = 0;
    const hello = () => {
      if (this.state.ready || tries > MOST_HELLOS) return clearInterval(timer);
      tries += 1;
      this.send({ kind: "hello" });
    };
    const timer = setInterval(hello, HELLO_MS);
    hello();
    return () => {
      clearInterval(timer);
      stop();
    };
  }

  get state() {
    return this.store.get();
  }

  set(change) {
    this.store.set(change);
  }

  notify(text, tone = "info", { detail = "", stay = false } = {}) {
    this.noticeNumber += 1;
    const notice = { id: this.noticeNumber, text, tone, detail };
    this.set(({ notices }) => ({ notices: [...notices.filter((n) => n.text !== text).slice(-2), notice] }));
    if (!stay) setTimeout(() => this.dismiss(notice.id), tone === "error" ? 9000 : 5000);
  }

  dismiss(id) {
    this.set(({ notices }) => ({ notices: notices.filter((notice) => notice.id !== id) }));
  }

  setPreferences(change) {
    const preferences = { ...this.state.preferences, ...change };
    savePreferences(preferences);
    this.set({ preferences });
  }
}
