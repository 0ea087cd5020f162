// The item of the status bar: how much runs, what failed in the last day. A click opens the side bar.

import { element, icon } from "./elements.js";

const DAY_MS = 86400000;
const MOST = 8;

export function statusItem({ widgets }, news, open) {
  const widget = new widgets.Widget();
  widget.addClass("ffl-status-item");
  const text = element("span");
  widget.node.append(element("button", { class: "ffl-status-button", title: "FlowForge: workflows and executions", onclick: open }, icon("workflow", 13), text));
  const stop = news.hear(({ now }) => {
    const failed = now?.failed.filter((one) => (one.finished_at || one.started_at) > Date.now() - DAY_MS).length || 0;
    const running = now?.running.length || 0;
    const told = [running ? `${running} under way` : "", failed ? `${failed}${failed === MOST ? "+" : ""} failed today` : ""].filter(Boolean);
    text.textContent = told.join(" · ") || "FlowForge";
    widget.node.classList.toggle("has-failed", failed > 0);
    widget.node.classList.toggle("has-running", running > 0);
  });
  widget.disposed.connect(stop);
  return widget;
}
