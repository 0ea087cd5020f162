// How an execution can go on where it stopped: asked of the lab, chosen in a dialog.

import { askDialog } from "./ask.js";
import { element } from "./elements.js";

/** Ask how an execution is to go on, and let it; return the id of the one that runs now, or null. */
export async function goOn(lab, server, one, folder) {
  const { ways } = await server.call(`api/executions/${one.id}/ways`, { folder });
  const form = new WaysForm(server, one, folder, ways);
  const isDone = await askDialog(lab, { title: `Go on with ${one.workflow_id}`, form, accept: "Go on" }).launch();
  return isDone ? form.made : null;
}

const ALL = { how: "all", title: "Begin again with everything", lines: ["A new execution with the same inputs, in the version of then."], obstacles: [], is_possible: true };

class WaysForm {
  constructor(server, one, folder, ways) {
    this.server = server;
    this.one = one;
    this.folder = folder;
    const mended = ways.filter((way) => way.is_mended); // a workflow that has changed since: most likely for this
    const others = ways.filter((way) => !way.is_mended);
    const shown = ways.some((way) => way.how === "here") ? ways : [...mended, ...others, ALL];
    this.refusal = element("p", { class: "ffl-wrong", role: "alert", hidden: true });
    this.node = element("form", { class: "ffl-form", onsubmit: (event) => event.preventDefault() }, element("div", { class: "ffl-ways" }, ...shown.map(wayChoice)), this.refusal);
    const first = shown.findIndex((way) => way.is_possible);
    this.choices[first].checked = true;
  }

  get choices() {
    return [...this.node.querySelectorAll("input[name=how]")];
  }

  begin() {
    this.choices.find((box) => box.checked)?.focus();
  }

  async submit() {
    const how = this.choices.find((box) => box.checked).value;
    const deed = how === "all" ? "restart" : `resume?${new URLSearchParams({ how })}`;
    try {
      this.made = (await this.server.call(`api/executions/${this.one.id}/${deed}`, { method: "POST", folder: this.folder })).id;
      return true;
    } catch (error) {
      this.refusal.textContent = error.message;
      this.refusal.hidden = false;
      return false;
    }
  }
}

function wayChoice(way) {
  const box = element("input", { type: "radio", name: "how", value: way.how, disabled: !way.is_possible });
  const lines = [...way.lines.map((text) => element("span", { class: "ffl-help" }, text)), ...way.obstacles.map((text) => element("span", { class: "ffl-obstacle" }, text))];
  return element("label", { class: "ffl-way", "data-how": way.how }, box, element("span", { class: "ffl-way-told" }, element("b", {}, way.title), ...lines));
}
