// The dashboard in a tab: a frame on the lab's own server, which the Jupyter server stands before.

import { element, icon } from "./elements.js";

/** Return a tab with the dashboard of a folder's lab. */
export function dashboardTab(lab, server, { folder, themes, icon: tabIcon }) {
  const content = new (frameClass(lab))(server, folder, themes);
  const widget = new lab.apputils.MainAreaWidget({ content });
  widget.toolbar.hide();
  widget.id = `flowforge-dashboard-${folder}`;
  widget.title.label = "FlowForge";
  widget.title.caption = `Dashboard of ${folder || "the lab"}`;
  widget.title.icon = tabIcon;
  widget.title.closable = true;
  widget.folder = folder;
  return widget;
}

function frameClass({ widgets }) {
  return class DashboardFrame extends widgets.Widget {
    constructor(server, folder, themes) {
      super();
      this.addClass("ffl-screen");
      this.server = server;
      this.folder = folder;
      this.themes = themes;
      this.themes?.themeChanged.connect(this.tellTheme, this);
      this.open();
    }

    get theme() {
      return document.body.dataset.jpThemeLight === "false" ? "dark" : "light";
    }

    async open() {
      this.show_(element("div", { class: "ffl-veil", role: "status" }, icon("dashboard", 30), element("h2", {}, "Starting the dashboard…")));
      try {
        const { path } = await this.server.call("api/dashboard", { method: "POST", folder: this.folder });
        if (this.isDisposed) return;
        const address = this.server.join(this.server.settings.baseUrl, path);
        this.frame = element("iframe", { class: "ffl-frame", title: "FlowForge dashboard", src: `${address}?theme=${this.theme}` });
        this.frame.addEventListener("load", () => this.tellTheme());
        this.show_(this.frame);
      } catch (error) {
        if (!this.isDisposed) this.show_(this.refusal(error.message));
      }
    }

    refusal(reason) {
      const again = element("button", { class: "ffl-button", onclick: () => this.open() }, "Try again");
      return element("div", { class: "ffl-veil", role: "alert" }, icon("dashboard", 30), element("h2", {}, "The dashboard did not start"), element("p", {}, reason), again);
    }

    show_(child) {
      this.node.replaceChildren(child);
    }

    /** Have the page inside lit as JupyterLab is. */
    tellTheme() {
      this.frame?.contentWindow?.postMessage({ flowforgeTheme: this.theme }, location.origin);
    }

    dispose() {
      if (this.isDisposed) return;
      this.themes?.themeChanged.disconnect(this.tellTheme, this);
      super.dispose();
    }
  };
}
