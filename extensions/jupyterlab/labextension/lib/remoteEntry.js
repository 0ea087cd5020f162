// What JupyterLab loads first: a container of module federation, in its two functions `init` and `get`. All else are
// modules of the browser beside this file, so that nothing has to be built.
(() => {
  const NAME = "flowforge-lab";
  const home = document.currentScript.src;
  let scope = null;
  window._JUPYTERLAB = window._JUPYTERLAB || {};
  window._JUPYTERLAB[NAME] = {
    init(shared) {
      scope = shared;
    },
    async get(name) {
      if (name !== "./extension") throw new Error(`${NAME} has no ${name}`);
      const { load } = await import(new URL("plugin.js", home).href);
      const plugins = await load(scope);
      return () => ({ __esModule: true, default: plugins });
    },
  };
})();
