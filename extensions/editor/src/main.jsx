// The door of the bundle: one default export that anywidget and Panel's JSComponent both understand. JupyterLab's
// extension brings a host of its own and calls `mount`.

import { ReactFlowProvider } from "@xyflow/react";
import flowCss from "@xyflow/react/dist/style.css";
import { createRoot } from "react-dom/client";
import { Editor } from "./Editor.jsx";
import { panelHost, widgetHost } from "./hosts.js";
import { Session } from "./state/session.js";
import { guardKeys } from "./ui/keys.js";
import canvasCss from "./styles/canvas.css";
import formCss from "./styles/form.css";
import panelsCss from "./styles/panels.css";
import tokensCss from "./styles/tokens.css";
import viewerCss from "./styles/viewer.css";
import { ViewerSession } from "./viewer/session.js";
import { Viewer } from "./viewer/Viewer.jsx";

const SCREENS = {
  editor: { Session, Screen: Editor },
  viewer: { Session: ViewerSession, Screen: Viewer },
};

function mount(host, element, name) {
  const { Session: OfScreen, Screen } = SCREENS[name] || SCREENS.editor;
  const style = document.createElement("style");
  style.textContent = [flowCss, tokensCss, canvasCss, panelsCss, formCss, viewerCss].join("\n");
  const box = document.createElement("div");
  box.className = "ff-mount";
  const height = host.get("is_filling") ? 0 : (host.get("height") ?? 600);
  box.style.height = height > 0 ? `${height}px` : "100%";
  if (host.get("is_filling")) box.style.resize = "none";
  element.append(style, box);
  const session = new OfScreen(host);
  const stop = session.start();
  const release = guardKeys(box, session);
  const root = createRoot(box);
  root.render(
    <ReactFlowProvider>
      <Screen session={session} host={host} />
    </ReactFlowProvider>,
  );
  return () => {
    release();
    stop();
    root.unmount();
    style.remove();
    box.remove();
  };
}

const render = ({ model, el }) => mount(widgetHost(model), el, model.get("screen"));

const panelScreen = (name) => ({
  render({ model }) {
    const box = document.createElement("div");
    box.style.cssText = model.is_filling ? "position: absolute; inset: 0 16px 16px" : "width: 100%; height: 100%";
    const unmount = mount(panelHost(model), box, name);
    model.on?.("remove", unmount);
    return box;
  },
});

export default { render, mount, FlowEditor: panelScreen("editor"), FlowViewer: panelScreen("viewer") };
