// Shows the HTML that the server made, tells the server what people do in it, and keeps their place:
// focus, scroll, what is picked and what is open survive every update.

const SECOND = 1000;
const UNITS = [["d", 86400], ["h", 3600], ["m", 60]];

const length = (seconds) => {
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  const found = UNITS.findIndex(([, size]) => seconds >= size);
  const [unit, size] = UNITS[found];
  const next = UNITS[found + 1];
  const rest = next ? Math.floor((seconds % size) / next[1]) : Math.floor(seconds % 60);
  return `${Math.floor(seconds / size)} ${unit} ${rest} ${next ? next[0] : "s"}`;
};

function count(box) {
  const now = Date.now();
  for (const one of box.querySelectorAll("time[data-ago]")) {
    const seconds = (now - Date.parse(one.dateTime)) / SECOND;
    const far = length(Math.abs(seconds)).split(" ").slice(0, 2).join(" ");
    const text = Math.abs(seconds) < 5 ? "now" : seconds > 0 ? `${far} ago` : `in ${far}`;
    if (one.textContent !== text) one.textContent = text;
  }
  for (const one of box.querySelectorAll("[data-since]")) {
    one.textContent = length(Math.max((now - Date.parse(one.dataset.since)) / SECOND, 0));
  }
}

// -- from old HTML to new, node by node

const KEPT = { details: ["open"], dialog: ["open"] };
const keyOf = (node) => (node.nodeType === 1 ? node.dataset.key || node.getAttribute("id") || "" : "");
const isSame = (one, other) => one.nodeType === other.nodeType && one.nodeName === other.nodeName && keyOf(one) === keyOf(other);

function morph(old, fresh) {
  const keyed = new Map([...old.children].filter(keyOf).map((node) => [keyOf(node), node]));
  let at = old.firstChild;
  for (const want of [...fresh.childNodes]) {
    const key = keyOf(want);
    let have = key ? keyed.get(key) : at && isSame(at, want) ? at : null;
    if (have && !isSame(have, want)) have = null;
    if (!have) {
      old.insertBefore(want, at);
    } else {
      if (have === at) at = at.nextSibling;
      else old.insertBefore(have, at);
      patch(have, want);
    }
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

function patch(have, want) {
  if (have.nodeType !== 1) {
    if (have.nodeValue !== want.nodeValue) have.nodeValue = want.nodeValue;
    return;
  }
  if (have.hasAttribute("data-bulk")) want.hidden = have.hidden;
  patchAttributes(have, want, KEPT[have.localName] ?? []);
  if (have.matches("time[data-ago], [data-since]")) return;
  if (have.localName !== "input") morph(have, want);
  if (have.localName === "select") {
    const chosen = [...have.options].find((option) => option.hasAttribute("selected"));
    if (chosen && !have.matches(":focus")) have.value = chosen.value;
  }
}

function patchAttributes(have, want, kept) {
  for (const { name, value } of [...want.attributes]) {
    if (kept.includes(name) || have.getAttribute(name) === value) continue;
    have.setAttribute(name, value);
    if (name === "value" && !have.matches(":focus")) have.value = value;
  }
  for (const { name } of [...have.attributes]) {
    if (!want.hasAttribute(name) && !kept.includes(name)) have.removeAttribute(name);
  }
}

// -- one view

class View {
  static main = null; // the one that shows the page, for the navigation beside it

  constructor(model) {
    if (model.part === "main") View.main = this;
    this.model = model;
    this.hasUnsaved = false;
    this.isServed = model.is_served;
    this.box = document.createElement("div");
    this.box.className = `ff-root is-${model.part}`;
    this.content = document.createElement("div");
    this.content.className = "ff-content";
    this.box.append(this.style(), this.content);
    this.picked = new Set();
    this.show();
    this.listen();
  }

  style() {
    const style = document.createElement("style");
    style.textContent = this.isServed ? document.getElementById("ff-style").textContent : this.model.css;
    if (!this.isServed) this.beAlone();
    return style;
  }

  // In a cell of a notebook: lit as that is, also when it is lit in another way later. What draws charts and
  // canvases is told.
  beAlone() {
    let told = "dark";
    const light = () => {
      const theme = document.body.dataset.jpThemeLight === "true" ? "light" : "dark";
      this.box.dataset.ffTheme = theme;
      if (this.model.part === "main" && theme !== told) setTimeout(() => this.send({ theme }));
      told = theme;
    };
    light();
    this.box.classList.add("is-alone");
    this.lighting = new MutationObserver(light);
    this.lighting.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light"] });
  }

  send(message) {
    this.model.send_msg(message);
  }

  show() {
    const drawer = this.content.querySelector(".ff-drawer");
    const opened = drawer?.dataset.key;
    const fresh = document.createElement("template");
    fresh.innerHTML = this.model.html;
    this.placeTrouble(fresh.content);
    morph(this.content, fresh.content);
    count(this.box);
    this.countPicked();
    this.minorFocus(opened);
  }

  // What went wrong is told where it was asked for: in the window that is open, in the panel, or above the page.
  placeTrouble(fresh) {
    const trouble = fresh.querySelector("[data-key=trouble]");
    if (!trouble) return;
    const dialog = this.content.querySelector("dialog[open]")?.dataset.key;
    const form = dialog && fresh.querySelector(`dialog[data-key="${CSS.escape(dialog)}"] footer`);
    if (form) form.before(trouble);
    else fresh.querySelector(".ff-drawer > header")?.after(trouble);
  }

  minorFocus(opened) {
    const drawer = this.content.querySelector(".ff-drawer");
    if (drawer && drawer.dataset.key !== opened && opened === undefined) {
      drawer.querySelector("[data-close]")?.focus({ preventScroll: true });
    } else if (!drawer && opened) {
      const row = this.content.querySelector(`[data-key="${CSS.escape(opened.replace("drawer-", ""))}"] a`);
      row?.focus({ preventScroll: true });
    }
  }

  listen() {
    this.box.addEventListener("click", (event) => this.click(event));
    this.box.addEventListener("submit", (event) => this.submit(event));
    this.box.addEventListener("change", (event) => this.change(event));
    this.box.addEventListener("input", (event) => this.type(event));
    this.box.addEventListener("toggle", (event) => event.target.matches("details.ff-menu[open]") && event.target.querySelector("input")?.focus(), true);
    this.box.addEventListener("close", (event) => this.shut(event.target), true);
    if (!this.isServed) this.box.addEventListener("keydown", (event) => this.press(event));
    const ticking = setInterval(() => document.hidden || count(this.box), SECOND);
    const html = () => this.show();
    const told = (message) => this.take(message?.data ?? message);
    this.model.on("html", html);
    this.model.on("msg:custom", told);
    const stop = this.model.part === "main" && this.isServed ? this.follow() : () => {};
    this.model.on("remove", () => {
      clearInterval(ticking);
      this.lighting?.disconnect();
      stop();
    });
  }

  // The main view looks after what is the page's: its address, how far it is scrolled.
  follow() {
    document.querySelectorAll("[data-first]").forEach((first) => first.remove());
    document.documentElement.dataset.ffReady = "yes";
    this.model.document?.on_event?.("connection_lost", () => this.lost());
    let here = location.search;
    const back = () => {
      const wanted = location.search;
      if (this.hasUnsaved) history.pushState({}, "", here);
      this.leaving(() => {
        if (wanted !== location.search) history.pushState({}, "", wanted);
        this.send({ go: wanted });
      });
    };
    this.moved = () => (here = location.search);
    const unsaved = (event) => (this.hasUnsaved = event.detail);
    const unload = (event) => this.hasUnsaved && event.preventDefault();
    let isTop = true;
    const scroll = () => {
      const now = window.scrollY < 120;
      if (now !== isTop) this.send({ top: now });
      isTop = now;
    };
    const press = (event) => this.press(event);
    const lit = (event) => this.followAround(event);
    const leave = (event) => {
      if (!event.composedPath().some((one) => one.matches?.("details.ff-menu"))) this.shutMenus();
    };
    document.addEventListener("keydown", press);
    document.addEventListener("pointerdown", leave);
    document.addEventListener("ff-unsaved", unsaved);
    window.addEventListener("beforeunload", unload);
    window.addEventListener("popstate", back);
    window.addEventListener("message", lit);
    window.addEventListener("scroll", scroll, { passive: true });
    return () => {
      document.removeEventListener("keydown", press);
      document.removeEventListener("pointerdown", leave);
      document.removeEventListener("ff-unsaved", unsaved);
      window.removeEventListener("beforeunload", unload);
      window.removeEventListener("popstate", back);
      window.removeEventListener("message", lit);
      window.removeEventListener("scroll", scroll);
    };
  }

  // The server went away: say so, and come back as soon as it does.
  lost() {
    if (this.box.querySelector(".ff-lost")) return;
    const bar = document.createElement("p");
    bar.className = "ff-lost";
    bar.setAttribute("role", "alert");
    bar.textContent = "The connection is lost. This page comes back as soon as the server answers.";
    this.box.prepend(bar);
    const trying = setInterval(async () => {
      const answer = await fetch("health/live").catch(() => null);
      if (!answer?.ok) return;
      clearInterval(trying);
      location.reload();
    }, 3 * SECOND);
  }

  click(event) {
    const hit = (selector) => event.target.closest(selector);
    const link = hit("a[data-go]");
    if (link) {
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
      event.preventDefault();
      this.go(link.getAttribute("href"));
      return;
    }
    const button = hit("button");
    if (button) this.pressButton(button);
    else if (hit("tr[data-row]") && !hit("input, label, select, details, summary")) {
      if (!String(getSelection())) hit("tr[data-row]").querySelector(".ff-rowlink")?.click();
    }
  }

  // What was drawn and not saved goes with its page.
  leaving(go) {
    const last = () => {
      View.main.hasUnsaved = false;
      go();
    };
    if (View.main?.hasUnsaved) this.ask("Leave this page without saving what you changed?", last, { stay: "Stay here", on: "Leave without saving" });
    else go();
  }

  go(query) {
    this.leaving(() => {
      if (this.isServed && query !== location.search) history.pushState({}, "", query);
      View.main?.moved?.();
      this.box.classList.remove("is-menu-open");
      this.send({ go: query });
    });
  }

  shutMenus() {
    this.content.querySelectorAll("details.ff-menu[open]").forEach((menu) => menu.removeAttribute("open"));
  }

  pressButton(button) {
    const { act, ask, askFor, value, open, shut, themeSwitch, leave, menu } = button.dataset;
    if (act !== undefined && button.type !== "submit") this.ask(ask, () => this.act(act, button));
    if (askFor !== undefined) this.send({ ask: { [askFor]: value } });
    if (open !== undefined) this.content.querySelector(`dialog[data-key="${open}"]`)?.showModal();
    if (shut !== undefined) button.closest("dialog")?.close();
    if (menu !== undefined) this.box.classList.toggle("is-menu-open");
    if (themeSwitch !== undefined) this.switchTheme();
    if (leave !== undefined) this.leave();
  }

  act(name, element) {
    const told = { ...element.dataset };
    ["act", "ask"].forEach((key) => delete told[key]);
    const picked = "picked" in told ? [...this.picked] : [];
    if ("picked" in told) this.picked.clear();
    this.send({ act: name, told, picked });
  }

  ask(question, go, { stay = "Leave it", on = "Yes, do it" } = {}) {
    if (!question) return go();
    const text = question.replace("{n} executions", this.picked.size === 1 ? "1 execution" : "{n} executions").replace("{n}", this.picked.size);
    const dialog = document.createElement("dialog");
    dialog.className = "ff-dialog is-question";
    const words = document.createElement("p");
    words.textContent = text;
    const no = document.createElement("button");
    const yes = document.createElement("button");
    Object.assign(no, { className: "ff-button", textContent: stay });
    Object.assign(yes, { className: "ff-button is-primary", textContent: on });
    const row = document.createElement("footer");
    row.append(no, yes);
    dialog.append(words, row);
    dialog.setAttribute("aria-label", text);
    dialog.addEventListener("close", () => dialog.remove());
    no.addEventListener("click", () => dialog.close());
    yes.addEventListener("click", () => {
      dialog.close();
      go();
    });
    this.box.append(dialog);
    dialog.showModal();
    no.focus();
  }

  submit(event) {
    const form = event.target;
    event.preventDefault();
    if (form.matches("[data-asks]")) return this.askFor(form);
    const told = Object.fromEntries(new FormData(form, event.submitter));
    if (this.isActing) return;
    this.isActing = form.closest("dialog") !== null; // which stays until it is done: what is wrong is told in it
    this.send({ act: form.dataset.act, told: { ...form.dataset, ...told }, picked: [] });
  }

  // What went wrong in a window goes with it.
  shut(dialog) {
    if (dialog.querySelector("[data-key=trouble]")) this.send({ seen: "trouble" });
  }

  change(event) {
    const field = event.target;
    if (field.dataset.pick !== undefined) this.pick([field]);
    else if (field.dataset.pickAll !== undefined) {
      const all = [...this.content.querySelectorAll("[data-pick]")];
      all.forEach((one) => (one.checked = field.checked));
      this.pick(all);
    } else if (field.closest("form[data-asks]")) this.askFor(field.form);
  }

  type(event) {
    const form = event.target.closest("form[data-asks]");
    if (!form || event.target.type !== "search") return;
    clearTimeout(this.typing);
    this.typing = setTimeout(() => this.askFor(form), 180);
  }

  askFor(form) {
    clearTimeout(this.typing);
    this.send({ ask: Object.fromEntries(new FormData(form)) });
  }

  press(event) {
    const target = event.composedPath()[0];
    if (event.key === "Escape" && !this.box.querySelector("dialog[open]")) {
      this.shutMenus();
      this.content.querySelector("[data-close]")?.click();
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && target.matches?.(".ff-rowlink")) {
      const links = [...this.content.querySelectorAll(".ff-rowlink")];
      const next = links[links.indexOf(target) + step];
      if (next) {
        event.preventDefault();
        next.focus();
      }
    }
    if (event.key === "/" && !target.matches?.("input, select, textarea")) {
      const search = this.content.querySelector("input[type=search]");
      if (search) {
        event.preventDefault();
        search.focus();
      }
    }
  }

  // -- picked rows

  pick(fields) {
    for (const field of fields) this.picked[field.checked ? "add" : "delete"](field.dataset.pick);
    this.countPicked();
  }

  countPicked() {
    const boxes = [...this.content.querySelectorAll("[data-pick]")];
    const shown = new Set(boxes.map((one) => one.dataset.pick));
    for (const key of [...this.picked]) if (!shown.has(key)) this.picked.delete(key);
    for (const one of boxes) one.checked = this.picked.has(one.dataset.pick);
    const all = this.content.querySelector("[data-pick-all]");
    if (all) {
      all.checked = boxes.length > 0 && this.picked.size === boxes.length;
      all.indeterminate = this.picked.size > 0 && !all.checked;
    }
    const bulk = this.content.querySelector("[data-bulk]");
    if (!bulk) return;
    if (bulk.hidden !== !this.picked.size) this.send({ picking: this.picked.size > 0 });
    bulk.hidden = !this.picked.size;
    bulk.querySelector("[data-count]").textContent = this.picked.size;
  }

  // -- what the server says

  take(message) {
    if (message.address !== undefined && this.isServed) {
      const how = message.is_new ? "pushState" : "replaceState";
      if (message.address !== location.search) history[how]({}, "", message.address);
    }
    if (message.address !== undefined) this.moved?.();
    if (message.acted !== undefined) this.acted(message.acted);
    if (message.go) this.go(message.go);
    if (message.title) document.title = message.title;
    if (message.focus) {
      window.scrollTo(0, 0);
      this.content.querySelector("h1")?.focus({ preventScroll: true });
    }
    if (message.toast) this.toast(message.toast);
    if (message.file) this.keep(message.file);
    if (message.clear) {
      this.picked.clear();
      this.countPicked();
    }
  }

  acted(isDone) {
    const dialog = this.isActing && isDone ? this.content.querySelector("dialog[open]") : null;
    this.isActing = false;
    dialog?.close();
    dialog?.querySelector("form")?.reset();
  }

  toast({ text, tone }) {
    let place = this.box.querySelector(".ff-toasts");
    if (!place) {
      place = document.createElement("div");
      place.className = "ff-toasts";
      place.setAttribute("role", "status");
      this.box.append(place);
    }
    const one = document.createElement("p");
    one.className = `is-${tone}`;
    one.textContent = text;
    place.append(one);
    setTimeout(() => one.remove(), 5 * SECOND);
  }

  keep({ name, type, text }) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), SECOND);
  }

  // In a frame of JupyterLab the page is lit as that is, and has no switch of its own.
  followAround(event) {
    const theme = event.data?.flowforgeTheme;
    if (event.origin !== location.origin || event.source !== window.parent || !["dark", "light"].includes(theme)) return;
    const page = document.documentElement;
    page.style.setProperty("--ff-theme-switch", "none"); // it reaches into shadow roots
    if (page.dataset.ffTheme === theme) return;
    page.dataset.ffTheme = theme;
    this.send({ theme });
  }

  switchTheme() {
    const page = this.isServed ? document.documentElement : this.box;
    const theme = page.dataset.ffTheme === "light" ? "dark" : "light";
    page.dataset.ffTheme = theme;
    if (this.isServed) {
      localStorage.setItem("ff-theme", theme);
      document.cookie = `flowforge_theme=${theme}; path=/; max-age=31536000; samesite=strict`;
    }
    this.send({ theme });
  }

  async leave() {
    const proof = /(?:^|; )flowforge_csrf=([^;]*)/.exec(document.cookie)?.[1] ?? "";
    await fetch("api/logout", { method: "POST", headers: { "X-CSRF-Token": proof } });
    location.assign("login");
  }
}

export default { Fragment: { render: ({ model }) => new View(model).box } };
