// "Schedule with FlowForge…": notebooks become a workflow that runs them at set times.

import { askDialog } from "./ask.js";
import { element } from "./elements.js";
import { choice, field, group, row, textBox } from "./fields.js";
import { parameterFields } from "./parameters.js";
import { DAYS, REPEATS, WEEKDAYS, cronOf, offsetOf, shownAt, until } from "./times.js";

const PAUSE_MS = 250;
const MINUTE = 60;
const MISSED = [["last", "The newest of them runs late"], ["all", "All of them run late"], ["none", "They are left out"]];
const FROM = [["start", "At the first cell"], ["failed_cell", "At the cell that failed"]];

/** Ask how notebooks are to be scheduled, and do it; return what was made, or null. */
export async function scheduleNotebooks(lab, server, paths, { unsaved = [] } = {}) {
  const facts = await server.call(`api/notebook?${new URLSearchParams(paths.map((path) => ["path", path]))}`);
  const form = new ScheduleForm(server, paths, facts, unsaved);
  const names = paths.map((path) => path.split("/").pop());
  const title = names.length === 1 ? `Schedule ${names[0]}` : `Schedule ${names.length} notebooks`;
  const isDone = await askDialog(lab, { title, form, accept: "Schedule" }).launch();
  return isDone ? form.made : null;
}

class ScheduleForm {
  constructor(server, paths, facts, unsaved) {
    this.server = server;
    this.paths = paths;
    this.facts = facts;
    this.asked = 0;
    this.fields = {};
    this.parameters = parameterFields(facts.notebooks, () => this.soon());
    this.refusal = element("p", { class: "ffl-wrong is-whole", role: "alert", hidden: true });
    this.node = element("form", { class: "ffl-form", onsubmit: (event) => event.preventDefault(), oninput: () => this.soon(), onchange: () => this.soon() },
      this.order(), this.unsaved(unsaved), this.when(), group("Parameters", element("div", { class: "ffl-parameters" }, ...this.parameters.nodes)), this.failing(), this.naming(), this.refusal);
  }

  begin() {
    this.repeat.focus();
    this.foresee();
  }

  // ---- parts

  order() {
    if (this.paths.length < 2) return null;
    const names = this.paths.map((path) => element("li", {}, path));
    return element("div", { class: "ffl-order" }, element("p", { class: "ffl-help" }, "They run one after the other; a failure stops the row."), element("ol", {}, ...names));
  }

  unsaved(widgets) {
    if (!widgets.length) return null;
    const box = element("div", { class: "ffl-note", role: "note" }, element("span", {}, "What runs is the saved notebook: there are changes that are not saved."));
    const save = async () => {
      await Promise.all(widgets.map((one) => one.context.save()));
      box.remove();
    };
    box.append(element("button", { type: "button", class: "ffl-plain", onclick: save }, "Save now"));
    return box;
  }

  add(name, options) {
    const made = field(options);
    this.fields[name] = made;
    return made;
  }

  when() {
    this.repeat = choice(REPEATS, "weekdays");
    this.weekday = choice(WEEKDAYS, "mon");
    this.day = choice(DAYS, "1");
    this.time = element("input", { type: "time", class: "ffl-input", value: "08:00", required: true });
    this.cron = textBox("0 8 * * mon-fri", { class: "ffl-input is-mono" });
    const zones = (Intl.supportedValuesOf?.("timeZone") || []).map((name) => element("option", { value: name }));
    this.zone = textBox(Intl.DateTimeFormat().resolvedOptions().timeZone || "", { list: "ffl-zones", placeholder: this.facts.timezone });
    this.preview = element("ol", { class: "ffl-times", "aria-label": "Next runs" });
    for (const box of [this.repeat, this.weekday, this.day, this.time]) box.addEventListener("input", () => this.setCron());
    this.cron.addEventListener("input", () => this.setRepeat("line"));
    this.weekdayField = field({ label: "On", control: this.weekday });
    this.dayField = field({ label: "On", control: this.day });
    this.timeField = field({ label: "At", control: this.time });
    this.setRepeat("weekdays");
    return group("When",
      row(field({ label: "Repeat", control: this.repeat }).node, this.weekdayField.node, this.dayField.node, this.timeField.node),
      row(this.add("cron", { label: "Cron line", control: this.cron }).node, this.add("timezone", { label: "Time zone", control: this.zone }).node),
      element("datalist", { id: "ffl-zones" }, ...zones),
      element("div", { class: "ffl-preview", "aria-live": "polite" }, element("h4", {}, "Next runs"), this.preview));
  }

  setRepeat(repeat) {
    this.repeat.value = repeat;
    this.weekdayField.node.hidden = repeat !== "weekly";
    this.dayField.node.hidden = repeat !== "monthly";
    this.timeField.node.hidden = repeat === "line";
  }

  setCron() {
    const repeat = this.repeat.value;
    this.setRepeat(repeat);
    if (repeat === "line") this.cron.focus();
    else this.cron.value = cronOf({ repeat, time: this.time.value, weekday: this.weekday.value, day: this.day.value });
  }

  failing() {
    const { mail } = this.facts;
    this.retries = element("input", { type: "number", class: "ffl-input", min: "0", max: "99", value: "0" });
    this.from = choice(FROM, "start");
    this.limit = element("input", { type: "number", class: "ffl-input", min: "1", step: "any", placeholder: "60" });
    this.mailTo = textBox("", { placeholder: "ann@example.org", inputmode: "email" });
    this.via = choice([["", "Choose…"], ...mail.map((name) => [name, name])], mail.length === 1 ? mail[0] : "");
    this.missed = choice(MISSED, "last");
    const how = mail.length ? "Several addresses with commas between them." : "The lab has no connection for mail yet; it is made in flowforge.toml.";
    return group("When something goes wrong",
      row(this.add("retries", { label: "Further attempts", control: this.retries }).node, field({ label: "An attempt begins", control: this.from }).node, this.add("timeout", { label: "Longest run, in minutes", control: this.limit }).node),
      row(this.add("on_failure", { label: "Mail after a failure to", control: this.mailTo, help: how }).node, mail.length > 1 ? this.add("via", { label: "By the connection", control: this.via }).node : ""),
      row(this.add("missed", { label: "Runs that were missed while no host was up", control: this.missed }).node));
  }

  naming() {
    this.id = textBox("", { placeholder: this.facts.id, class: "ffl-input is-mono" });
    this.replace = element("input", { type: "checkbox" });
    this.taken = element("label", { class: "ffl-check", hidden: true }, this.replace, element("span", {}, "There is a workflow of this name: replace it"));
    const where = `It becomes a workflow of the lab ${this.facts.lab}, and fires while flowforge serve or flowforge lab runs, whether or not JupyterLab is open.`;
    return group("Workflow", row(this.add("id", { label: "Name", control: this.id, help: where }).node), this.taken);
  }

  // ---- what it says, and what the server says to that

  plan() {
    const to = this.mailTo.value.trim();
    const minutes = this.limit.value.trim();
    return {
      paths: this.paths,
      cron: this.cron.value.trim(),
      timezone: this.zone.value.trim(),
      parameters: this.parameters.read(),
      missed: this.missed.value,
      retries: this.retries.value.trim() === "" ? 0 : Number(this.retries.value),
      retry_from: this.from.value,
      ...(minutes ? { timeout: Number(minutes) * MINUTE } : {}),
      on_failure: to ? [`email:${to}`] : [],
      via: this.via.value,
      id: this.id.value.trim(),
    };
  }

  soon() {
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.foresee(), PAUSE_MS);
  }

  async foresee() {
    clearTimeout(this.waiting);
    const asked = (this.asked += 1);
    const isNewest = () => asked === this.asked;
    const plan = this.plan();
    const ask = (body) => this.server.call("api/notebook/foresee", { method: "POST", body });
    try {
      const told = await ask(plan);
      if (!isNewest()) return;
      this.tell({});
      this.taken.hidden = !told.is_taken;
      this.show(told);
    } catch (error) {
      if (!isNewest() || !this.refuse(error)) return;
      const { paths, cron, timezone } = plan; // what is wrong elsewhere keeps nobody from seeing the times
      const told = await ask({ paths, cron, timezone }).catch(() => null);
      if (told && isNewest()) this.show(told);
    }
  }

  show({ times }) {
    const offsets = new Set(times.map(offsetOf));
    this.preview.replaceChildren(...times.map((at) => element("li", {}, element("b", {}, shownAt(at)), offsets.size > 1 ? element("span", {}, offsetOf(at)) : null, element("span", {}, until(at)))));
  }

  /** Tell what is wrong; return whether the times are not. */
  refuse(error) {
    const problems = error.problems?.length ? error.problems : [{ field: "", message: error.message }];
    const byField = Object.fromEntries(problems.map((one) => [one.field, one.message]));
    this.tell(byField);
    const hasTimes = !byField.cron && !byField.timezone;
    if (!hasTimes) this.preview.replaceChildren(element("li", { class: "is-none" }, "None, as it is written."));
    return hasTimes;
  }

  tell(problems) {
    for (const [name, made] of Object.entries(this.fields)) made.tell(problems[name]);
    this.parameters.tell(problems);
    const shown = new Set([...Object.keys(this.fields), ...this.parameters.names.map((name) => `parameters.${name}`)]);
    const rest = Object.entries(problems).filter(([name]) => !shown.has(name)).map(([, message]) => message);
    this.refusal.textContent = rest.join(" ");
    this.refusal.hidden = !rest.length;
  }

  async submit() {
    clearTimeout(this.waiting);
    this.asked += 1; // answers that are still under way are of no interest
    const isReplacing = !this.taken.hidden && this.replace.checked;
    try {
      this.made = await this.server.call("api/notebook/schedule", { method: "POST", body: { ...this.plan(), replace: isReplacing } });
      return true;
    } catch (error) {
      this.refuse(error);
      if (error.status === 409) this.taken.hidden = false;
      this.node.querySelector('[aria-invalid="true"], .ffl-check:not([hidden]) input')?.focus();
      this.node.querySelector(".ffl-wrong:not([hidden])")?.scrollIntoView({ block: "nearest" });
      return false;
    }
  }
}
