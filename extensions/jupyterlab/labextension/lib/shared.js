// The packages of JupyterLab itself, as it shares them with its extensions.

const NEEDED = {
  application: "@jupyterlab/application",
  apputils: "@jupyterlab/apputils",
  coreutils: "@jupyterlab/coreutils",
  docregistry: "@jupyterlab/docregistry",
  services: "@jupyterlab/services",
  ui: "@jupyterlab/ui-components",
  widgets: "@lumino/widgets",
};
// Notebook 7 has not all of them.
const WELCOME = {
  filebrowser: "@jupyterlab/filebrowser",
  launcher: "@jupyterlab/launcher",
  mainmenu: "@jupyterlab/mainmenu",
  statusbar: "@jupyterlab/statusbar",
};

/** Return JupyterLab's packages by short names; one that is missing and not needed is an empty object. */
export async function packagesOf(scope) {
  const needed = Object.entries(NEEDED).map(async ([name, path]) => [name, await packageOf(scope, path)]);
  const welcome = Object.entries(WELCOME).map(async ([name, path]) => [name, await packageOf(scope, path).catch(() => ({}))]);
  return Object.fromEntries(await Promise.all([...needed, ...welcome]));
}

async function packageOf(scope, path) {
  const versions = scope?.[path];
  if (!versions) throw new Error(`FlowForge: JupyterLab does not share ${path}`);
  const newest = Object.keys(versions).sort(byVersion).pop();
  return (await versions[newest].get())();
}

function byVersion(one, other) {
  const [a, b] = [one, other].map((text) => text.split(/[.-]/).map((part) => Number(part) || 0));
  return a[0] - b[0] || a[1] - b[1] || (a[2] || 0) - (b[2] || 0);
}
