// A dialog that stays open until what was asked for is done: a refusal is shown in it, and nothing that was typed is lost.

import { element } from "./elements.js";

/** Return a dialog around `form`: `{node, begin(), submit()}`; `submit` tells whether the dialog may close, `launch` whether it was done. */
export function askDialog({ apputils, widgets }, { title, form, accept }) {
  const { Dialog } = apputils;
  const ACCEPT = 1;
  class AskDialog extends Dialog {
    // JupyterLab closes a dialog here; Enter comes here as well.
    async resolve(index = ACCEPT) {
      if (index !== ACCEPT) return super.resolve(index);
      if (this.isBusy) return undefined;
      this.setBusy(true);
      const isDone = await form.submit().catch(() => false);
      this.setBusy(false);
      return isDone && !this.isDisposed ? super.resolve(index) : undefined;
    }

    onAfterAttach(message) {
      super.onAfterAttach(message);
      body.node.append(form.node); // JupyterLab gives a look of its own to what is in it before
      form.begin();
    }

    setBusy(isBusy) {
      this.isBusy = isBusy;
      const button = this.node.querySelector(".jp-Dialog-button.jp-mod-accept");
      if (button) button.disabled = isBusy;
      button?.setAttribute("aria-busy", String(isBusy));
    }
  }
  const body = new widgets.Widget({ node: element("div", { class: "ffl-ask" }) });
  const dialog = new AskDialog({ title, body, buttons: [Dialog.cancelButton(), Dialog.okButton({ label: accept })] });
  dialog.addClass("ffl-dialog");
  return {
    launch: async () => (await dialog.launch()).button.accept,
  };
}
