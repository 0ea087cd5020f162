// The tabs of the main area that show a screen of the bundle: the editor on a document, the viewer of an execution.

import { DocumentHost } from "./documentHost.js";
import { element, icon } from "./elements.js";
import { ViewerHost } from "./viewerHost.js";

const LOST_AFTER_MS = 1500;

/** Return the widget class of a screen; `hostOf(tell)` makes its host once the screen is shown. */
export function screenClass({ widgets }) {
  return class ScreenWidget extends widgets.Widget {
    constructor(name, hostOf, server, hears = {}) {
      super();
      this.addClass("ffl-screen");
      this.name = name;
      this.hears = hears;
      this.place = element("div", { class: "ffl-place" });
      this.veil = element("div", { class: "ffl-veil", role: "status" });
      this.lostBar = element("div", { class: "ffl-lost", role: "alert", hidden: true }, "The connection to the Jupyter server is lost. What you change is kept here until it is back.");
      this.node.append(this.place, this.lostBar, this.veil);
      this.veilWith("Opening…");
      this.begin(hostOf, server);
    }

    async begin(hostOf, server) {
      try {
        const screens = await server.screens();
        if (this.isDisposed) return;
        this.host = hostOf((told) => this.hear(told));
        this.unmount = screens.default.mount(this.host, this.place, this.name);
      } catch (error) {
        this.veilWith("FlowForge is not there", `${error.message} Is its server extension on? jupyter server extension enable flowforge_lab.jupyter_server`);
      }
    }

    hear({ lost, broken, run }) {
      if (lost !== undefined) this.showLost(lost);
      if (broken) this.veilWith(this.hears.brokenTitle || "This cannot be shown", broken, this.hears.instead);
      else if (broken === null) this.veil.hidden = true;
      if (run) this.hears.ran?.(run);
    }

    showLost(isLost) {
      clearTimeout(this.losing);
      if (!isLost) this.lostBar.hidden = true;
      else this.losing = setTimeout(() => (this.lostBar.hidden = false), LOST_AFTER_MS);
    }

    veilWith(title, reason = "", instead = null) {
      this.veil.replaceChildren(...[
        icon("workflow", 30),
        element("h2", {}, title),
        reason ? element("p", {}, reason) : null,
        instead && reason ? element("button", { class: "ffl-button", onclick: instead.act }, instead.text) : null,
      ].filter(Boolean));
      this.veil.hidden = false;
    }

    onActivateRequest() {
      const inside = this.node.querySelector(".ff-editor");
      if (inside && !inside.contains(document.activeElement)) inside.focus({ preventScroll: true });
    }

    onAfterShow() {
      this.host?.check?.();
    }

    dispose() {
      if (this.isDisposed) return;
      this.unmount?.();
      this.host?.dispose();
      clearTimeout(this.losing);
      super.dispose();
    }
  };
}

/** Return the factory of editors on documents. `asText(context)` opens one as text, `ran` hears of executions. */
export function editorFactory(lab, server, { asText, ran, icon: tabIcon }) {
  const { docregistry } = lab;
  const ScreenWidget = screenClass(lab);
  return class EditorFactory extends docregistry.ABCWidgetFactory {
    createNewWidget(context) {
      const hears = {
        ran,
        brokenTitle: "This text is no workflow yet",
        instead: { text: "Open it as text", act: () => asText(context) },
      };
      const content = new ScreenWidget("editor", (tell) => new DocumentHost(context, server, tell), server, hears);
      const widget = new docregistry.DocumentWidget({ content, context });
      widget.title.icon = tabIcon;
      widget.toolbar.hide();
      return widget;
    }
  };
}

/** Return a tab that shows an execution. */
export function viewerTab(lab, server, { id, folder, title, icon: tabIcon }) {
  const ScreenWidget = screenClass(lab);
  const hears = { brokenTitle: "This execution cannot be shown" };
  const content = new ScreenWidget("viewer", (tell) => new ViewerHost(id, folder, server, tell), server, hears);
  const widget = new lab.apputils.MainAreaWidget({ content });
  widget.toolbar.hide();
  widget.id = `flowforge-execution-${id}`;
  widget.title.label = title;
  widget.title.icon = tabIcon;
  widget.title.closable = true;
  widget.executionId = id;
  widget.folder = folder;
  return widget;
}
