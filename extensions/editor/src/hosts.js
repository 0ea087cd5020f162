// The places the editor lives in, behind one small interface: get, watch, send, onMsg. The third, a document of
// JupyterLab, is `extensions/jupyterlab/labextension/lib/documentHost.js`.

export const widgetHost = (model) => ({
  get: (name) => model.get(name),
  watch(name, tell) {
    const listener = () => tell(model.get(name));
    model.on(`change:${name}`, listener);
    return () => model.off(`change:${name}`, listener);
  },
  send: (message) => model.send(message),
  onMsg(tell) {
    const listener = (message) => tell(message);
    model.on("msg:custom", listener);
    return () => model.off("msg:custom", listener);
  },
});

export const panelHost = (model) => ({
  get: (name) => model[name],
  watch(name, tell) {
    const listener = () => tell(model[name]);
    model.on(name, listener);
    return () => model.off(name, listener);
  },
  send: (message) => model.send_msg(message),
  onMsg(tell) {
    const listener = (message) => tell(message?.data ?? message);
    model.on("msg:custom", listener);
    return () => model.off("msg:custom", listener);
  },
});
