// What there is in the lab of the folder one looks at: asked for gently, and told to the side bar and the status bar.

const CALM_MS = 5000;
const AWAY_MS = 30000;

export class News {
  constructor(server, folderOf) {
    this.server = server;
    this.folderOf = folderOf;
    this.listeners = new Set();
    this.now = null;
    this.problem = "";
    this.onSight = () => document.visibilityState === "visible" && this.ask();
    document.addEventListener("visibilitychange", this.onSight);
  }

  get folder() {
    return this.folderOf();
  }

  hear(listen) {
    this.listeners.add(listen);
    listen(this);
    return () => this.listeners.delete(listen);
  }

  /** Ask now, and again after a while. Asking while an answer is under way asks once more after it. */
  async ask() {
    if (this.isAsking) return (this.isAskedAgain = true);
    clearTimeout(this.timer);
    this.isAsking = true;
    try {
      this.now = await this.server.call("api/overview", { folder: this.folder });
      this.problem = "";
    } catch (error) {
      this.problem = error.message;
    }
    this.isAsking = false;
    for (const listen of this.listeners) listen(this);
    const isAgain = this.isAskedAgain;
    this.isAskedAgain = false;
    const wait = isAgain ? 300 : this.problem || document.visibilityState !== "visible" ? AWAY_MS : CALM_MS;
    this.timer = setTimeout(() => this.ask(), wait);
  }
}
