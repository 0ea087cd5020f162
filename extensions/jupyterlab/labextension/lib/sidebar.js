// The side bar: workflows, what runs, what failed lately; and the two ways on.

import { ago, clock, element, icon } from "./elements.js";

const WORDS = { running: "Running", waiting: "Waiting", paused: "Paused", queued: "Queued" };

/** Return the side bar; `acts` are what can be done: `create`, `dashboard`, `open`, `show`, `cancel`, `goOn`. */
export function sideBar({ widgets }, news, acts, tabIcon) {
  const widget = new widgets.Widget();
  widget.id = "flowforge-side";
  widget.addClass("ffl-side");
  widget.title.icon = tabIcon;
  widget.title.caption = "FlowForge: workflows and executions";
  widget.node.setAttribute("role", "region");
  widget.node.setAttribute("aria-label", "FlowForge");
  const body = element("div", { class: "ffl-side-body" });
  const name = element("span", { class: "ffl-lab" });
  widget.node.append(
    element("header", { class: "ffl-side-head" }, icon("workflow", 18), element("b", {}, "FlowForge"), name),
    element("div", { class: "ffl-side-acts" },
      element("button", { class: "ffl-button is-primary", onclick: acts.create }, icon("plus", 14), "New workflow"),
      element("button", { class: "ffl-button", onclick: acts.dashboard }, icon("dashboard", 14), "Dashboard")),
    body,
  );
  let shown = "";
  const stop = news.hear(({ now, problem }) => {
    name.textContent = now?.lab.name || "";
    name.title = now?.lab.is_used ? "The lab of this folder" : "No lab yet: the first workflow that is opened makes it";
    const fresh = JSON.stringify([now, problem, Math.floor(Date.now() / 60000)]);
    if (fresh === shown) return;
    shown = fresh;
    keepFocus(body, () => body.replaceChildren(...parts(now, problem, acts)));
  });
  widget.disposed.connect(stop);
  return widget;
}

function parts(now, problem, acts) {
  if (problem) return [element("p", { class: "ffl-problem", role: "alert" }, problem)];
  if (!now) return [element("p", { class: "ffl-none" }, "Looking…")];
  return [
    part("Workflows", now.workflows.map((one) => workflowRow(one, acts)), "No workflows here yet. New workflow makes the first one."),
    part("Under way", now.running.map((one) => runningRow(one, acts)), "Nothing runs."),
    part("Failed lately", now.failed.map((one) => failedRow(one, acts)), "Nothing failed."),
  ];
}

function part(title, rows, none) {
  const head = element("h3", {}, title, rows.length ? element("span", { class: "ffl-count" }, String(rows.length)) : null);
  return element("section", { "aria-label": title }, head, rows.length ? element("ul", {}, ...rows) : element("p", { class: "ffl-none" }, none));
}

function workflowRow(one, acts) {
  const notes = [one.is_active ? "active" : "", one.has_draft ? "draft" : ""].filter(Boolean);
  const tags = notes.map((text) => element("span", { class: `ffl-tag is-${text}` }, text));
  const label = [icon("workflow", 15), element("span", { class: "ffl-row-text" }, element("b", {}, one.name), one.name === one.id ? null : element("small", {}, one.id)), ...tags];
  if (one.path === null) return element("li", { class: "ffl-row is-elsewhere", title: "Its file is not in what this server shows" }, ...label);
  return element("li", { class: "ffl-row" }, element("button", { class: "ffl-row-main", "data-key": `w-${one.id}`, title: one.path, onclick: () => acts.open(one) }, ...label));
}

function runningRow(one, acts) {
  const text = element("span", { class: "ffl-row-text" }, element("b", {}, one.workflow_id), element("small", {}, `${one.is_cut_off ? "Cut off" : WORDS[one.status] || one.status} · since ${clock(one.started_at)}`));
  const resume = one.is_cut_off ? [{ name: "Go on", shape: "play", act: acts.goOn }] : [];
  return executionRow(one, one.is_cut_off ? "cut-off" : one.status, text, acts, [...resume, { name: "Cancel", shape: "stop", act: acts.cancel }]);
}

function failedRow(one, acts) {
  const text = element("span", { class: "ffl-row-text" }, element("b", {}, one.workflow_id), element("small", {}, `${ago(one.finished_at || one.started_at)} · ${one.error || "failed"}`));
  return executionRow(one, "failed", text, acts, [{ name: "Go on or run again", shape: "restart", act: acts.goOn }]);
}

function executionRow(one, status, text, acts, deeds) {
  const shape = element("span", { class: `ffl-status is-${status}` }, icon(status, 15));
  const main = element("button", { class: "ffl-row-main", "data-key": `e-${one.id}`, title: one.error || `Execution ${one.id}`, onclick: () => acts.show(one) }, shape, text);
  const button = (deed) => element("button", { class: "ffl-row-deed", "data-key": `d-${deed.shape}-${one.id}`, title: deed.name, "aria-label": `${deed.name}: ${one.workflow_id}`, onclick: () => deed.act(one) }, icon(deed.shape, 14));
  return element("li", { class: "ffl-row" }, main, ...deeds.map(button));
}

/** Change what is inside a box, and give the focus back to what had it. */
function keepFocus(box, change) {
  const key = box.contains(document.activeElement) ? document.activeElement.dataset.key : "";
  change();
  if (key) box.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus({ preventScroll: true });
}
