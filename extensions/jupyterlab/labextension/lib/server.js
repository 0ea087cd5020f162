// How the pages talk to the Jupyter server: its base URL, its cookies and XSRF tokens, and nothing else.

const FIRST_WAIT_MS = 400;
const LONGEST_WAIT_MS = 8000;

/** Calls below `flowforge/` of the Jupyter server. */
export class Server {
  constructor({ services, coreutils }) {
    this.services = services;
    this.join = coreutils.URLExt.join;
    this.settings = services.ServerConnection.makeSettings();
  }

  /** Return the address of something of ours. */
  url(path) {
    return this.join(this.settings.baseUrl, "flowforge", path);
  }

  /** Return what a call answers; a refusal is thrown with its reason. */
  async call(path, { method = "GET", folder, body } = {}) {
    const [place, given] = path.split("?");
    const asked = [given, folder === undefined ? "" : String(new URLSearchParams({ folder }))].filter(Boolean).join("&");
    const { ServerConnection } = this.services;
    const sent = body === undefined ? { method } : { method, body: JSON.stringify(body), headers: { "Content-Type": "application/json" } };
    const answer = await ServerConnection.makeRequest(this.url(place) + (asked ? `?${asked}` : ""), sent, this.settings);
    const told = await answer.json().catch(() => ({}));
    if (answer.ok) return told;
    const missing = answer.status === 404 && !told.message;
    const reason = missing ? "The Jupyter server runs without FlowForge's server extension." : told.message || answer.statusText;
    throw Object.assign(new Error(reason), { status: answer.status, problems: told.problems || [] });
  }

  /** Return the module of the editor and the viewer; it is loaded once. */
  screens() {
    this.module ||= import(this.url("editor.js")).catch((error) => {
      this.module = null;
      throw error;
    });
    return this.module;
  }

  /** Return an open connection that comes back by itself. */
  line(path, hears) {
    const { wsUrl, token, WebSocket } = this.settings;
    const query = token && this.settings.appendToken ? `?${new URLSearchParams({ token })}` : "";
    return new Line(() => new WebSocket(this.join(wsUrl, "flowforge", path) + query), hears);
  }
}

/** A connection: `opened()` each time it is there, `said(message)`, `lost()` each time it is gone. */
class Line {
  constructor(connect, hears) {
    this.connect = connect;
    this.hears = hears;
    this.wait = FIRST_WAIT_MS;
    this.begin();
  }

  begin() {
    const socket = this.connect();
    this.socket = socket;
    socket.onopen = () => {
      this.wait = FIRST_WAIT_MS;
      this.hears.opened();
    };
    socket.onmessage = (event) => this.hears.said(JSON.parse(event.data));
    socket.onclose = () => {
      if (this.socket !== socket) return;
      this.hears.lost();
      this.timer = setTimeout(() => this.begin(), this.wait);
      this.wait = Math.min(this.wait * 2, LONGEST_WAIT_MS);
    };
  }

  get isOpen() {
    return this.socket?.readyState === 1;
  }

  send(message) {
    if (this.isOpen) this.socket.send(JSON.stringify(message));
  }

  close() {
    clearTimeout(this.timer);
    const { socket } = this;
    this.socket = null;
    socket?.close();
  }
}
