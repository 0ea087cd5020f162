// The plugin: file type and editor, commands, launcher tiles, side bar, status item.

import { dashboardTab } from "./dashboard.js";
import { labIcon } from "./elements.js";
import { News } from "./news.js";
import { editorFactory, viewerTab } from "./screens.js";
import { Server } from "./server.js";
import { goOn } from "./resuming.js";
import { packagesOf } from "./shared.js";
import { scheduleNotebooks } from "./scheduling.js";
import { sideBar } from "./sidebar.js";
import { statusItem } from "./statusItem.js";

const CATEGORY = "FlowForge";
const EDITOR = "FlowForge editor";
const SUFFIX = ".flow.yaml";
const NOTEBOOK = ".ipynb";
const FIRST_LOOK_MS = 1500;

/** Return the plugins of this extension, made of the packages that JupyterLab shares. */
export async function load(scope) {
  const lab = await packagesOf(scope);
  const { application, apputils, filebrowser, launcher, mainmenu, statusbar } = lab;
  const tokens = {
    browser: filebrowser.IDefaultFileBrowser,
    launcher: launcher.ILauncher,
    palette: apputils.ICommandPalette,
    restorer: application.ILayoutRestorer,
    themes: apputils.IThemeManager,
    status: statusbar.IStatusBar,
    menu: mainmenu.IMainMenu,
  };
  const names = Object.keys(tokens).filter((name) => tokens[name]);
  const activate = (app, ...found) => start(lab, app, Object.fromEntries(names.map((name, index) => [name, found[index] || null])));
  return [{ id: "flowforge-lab:plugin", description: "FlowForge workflows in JupyterLab.", autoStart: true, optional: names.map((name) => tokens[name]), activate }];
}

function start(lab, app, parts) {
  addStyle();
  const server = new Server(lab);
  server.contents = app.serviceManager.contents;
  server.localPath = (path) => server.contents.localPath(path);
  const icons = { workflow: labIcon(lab.ui), dashboard: labIcon(lab.ui, "dashboard") };
  const folder = () => server.localPath(parts.browser?.model.path || "");
  const news = new News(server, folder);
  const desk = { lab, app, parts, server, icons, folder, news };
  addDocuments(desk);
  addTabs(desk);
  addCommands(desk);
  addNotebooks(desk);
  addPlaces(desk);
  app.restored.then(() => setTimeout(() => news.ask(), FIRST_LOOK_MS));
  parts.browser?.model.pathChanged.connect(() => news.ask());
}

function addStyle() {
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = new URL("style.css", import.meta.url).href;
  document.head.append(link);
}

// ---- documents

function addDocuments(desk) {
  const { lab, app, server, icons, news, parts } = desk;
  app.docRegistry.addFileType({
    name: "flowforge",
    displayName: "FlowForge workflow",
    extensions: [SUFFIX],
    mimeTypes: ["text/yaml"],
    fileFormat: "text",
    contentType: "file",
    icon: icons.workflow,
  });
  const asText = (context) => app.commands.execute("docmanager:open", { path: context.path, factory: "Editor", options: { mode: "split-right" } });
  const EditorFactory = editorFactory(lab, server, { asText, ran: () => news.ask(), icon: icons.workflow });
  const factory = new EditorFactory({ name: EDITOR, modelName: "text", fileTypes: ["flowforge"], defaultFor: ["flowforge"] });
  app.docRegistry.addWidgetFactory(factory);
  desk.documents = new lab.apputils.WidgetTracker({ namespace: "flowforge-documents" });
  factory.widgetCreated.connect((_, widget) => {
    widget.context.pathChanged.connect(() => desk.documents.save(widget));
    widget.context.saveState.connect((_context, state) => state.startsWith("completed") && news.ask());
    desk.documents.add(widget);
  });
  parts.restorer?.restore(desk.documents, {
    command: "docmanager:open",
    args: (widget) => ({ path: widget.context.path, factory: EDITOR }),
    name: (widget) => widget.context.path,
  });
  desk.asText = asText;
}

// ---- tabs of their own

function addTabs(desk) {
  const { lab, parts } = desk;
  desk.dashboards = new lab.apputils.WidgetTracker({ namespace: "flowforge-dashboards" });
  desk.viewers = new lab.apputils.WidgetTracker({ namespace: "flowforge-executions" });
  parts.restorer?.restore(desk.dashboards, {
    command: "flowforge:dashboard",
    args: (widget) => ({ folder: widget.folder }),
    name: (widget) => `dashboard:${widget.folder}`,
  });
  parts.restorer?.restore(desk.viewers, {
    command: "flowforge:execution",
    args: (widget) => ({ id: widget.executionId, folder: widget.folder, title: widget.title.label }),
    name: (widget) => `execution:${widget.executionId}`,
  });
}

/** Show the tab of a tracker that `is` the one, or a new one. */
function showTab({ app }, tracker, is, make) {
  const widget = tracker.find(is) || make();
  if (!tracker.has(widget)) tracker.add(widget);
  if (!widget.isAttached) app.shell.add(widget, "main");
  app.shell.activateById(widget.id);
  return widget;
}

// ---- commands

function addCommands(desk) {
  const { lab, app, parts, server, icons, news } = desk;
  const current = () => {
    const widget = desk.documents.currentWidget;
    return widget && widget === app.shell.currentWidget ? widget : null;
  };
  const act = (name) => current()?.content.host?.say({ kind: "act", act: name });
  const commands = {
    new: {
      label: (args) => (args.isPalette ? "New Workflow" : "Workflow"),
      caption: "Draw a new workflow",
      icon: (args) => (args.isPalette ? undefined : icons.workflow),
      execute: async (args) => {
        const made = await server.contents.newUntitled({ path: args.cwd ?? parts.browser?.model.path ?? "", type: "file", ext: SUFFIX });
        return app.commands.execute("docmanager:open", { path: made.path, factory: EDITOR });
      },
    },
    dashboard: {
      label: (args) => (args.isPalette ? "Open the Dashboard" : "Dashboard"),
      caption: "Executions, metrics and schedules of this lab",
      icon: (args) => (args.isPalette ? undefined : icons.dashboard),
      execute: (args) => {
        const folder = args.folder ?? news.now?.lab.folder ?? desk.folder();
        const make = () => dashboardTab(lab, server, { folder, themes: parts.themes, icon: icons.dashboard });
        return showTab(desk, desk.dashboards, (widget) => widget.folder === folder, make);
      },
    },
    execution: {
      label: "Show an Execution",
      execute: ({ id, folder, title }) => {
        const make = () => viewerTab(lab, server, { id, folder, title: title || id, icon: icons.dashboard });
        return showTab(desk, desk.viewers, (widget) => widget.executionId === id, make);
      },
    },
    run: { label: "Run the Workflow", isEnabled: () => Boolean(current()), execute: () => act("run") },
    arrange: { label: "Arrange the Workflow", isEnabled: () => Boolean(current()), execute: () => act("layout") },
    text: {
      label: "Show the Workflow as Text Beside It",
      isEnabled: () => Boolean(current()),
      execute: () => desk.asText(current().context),
    },
    side: {
      label: "Show Workflows and Executions",
      execute: () => app.shell.activateById("flowforge-side"),
    },
  };
  for (const [name, options] of Object.entries(commands)) app.commands.addCommand(`flowforge:${name}`, options);
  const inPalette = ["new", "dashboard", "run", "arrange", "text", "side"];
  for (const name of inPalette) parts.palette?.addItem({ command: `flowforge:${name}`, category: CATEGORY, args: { isPalette: true } });
  desk.documents.currentChanged.connect(() => app.commands.notifyCommandChanged());
  addUndo(desk, act, current);
}

/** Have the Edit menu's undo and redo reach the canvas. */
function addUndo({ app, parts }, act, current) {
  const undoers = parts.menu?.editMenu.undoers;
  if (!undoers) return;
  const isEnabled = (widget) => Boolean(widget && widget === current());
  for (const name of ["undo", "redo"]) {
    app.commands.addCommand(`flowforge:${name}`, { label: name === "undo" ? "Undo" : "Redo", isEnabled: () => Boolean(current()), execute: () => act(name) });
    undoers[name]?.add?.({ id: `flowforge:${name}`, isEnabled });
  }
}

// ---- notebooks

/** Schedule the notebooks that are selected in the file browser, or the one that is open. */
function addNotebooks(desk) {
  const { app, parts, icons } = desk;
  const selected = () => [...(parts.browser?.selectedItems() || [])].map((item) => item.path);
  const openOne = () => app.shell.currentWidget?.context?.path || "";
  const pathsOf = ({ isPalette, path }) => (path ? [path] : isPalette ? [openOne()] : selected());
  const are = (paths) => paths.length > 0 && paths.every((path) => path.endsWith(NOTEBOOK));
  app.commands.addCommand("flowforge:schedule", {
    label: ({ isPalette }) => (isPalette ? "Schedule the Notebook…" : "Schedule with FlowForge…"),
    caption: "Run it at set times, as a workflow",
    icon: ({ isPalette }) => (isPalette ? undefined : icons.workflow),
    isVisible: (args) => args.isPalette || are(pathsOf(args)),
    isEnabled: (args) => are(pathsOf(args)),
    execute: (args) => schedule(desk, pathsOf(args)),
  });
  parts.palette?.addItem({ command: "flowforge:schedule", category: CATEGORY, args: { isPalette: true } });
  app.contextMenu.addItem({ command: "flowforge:schedule", selector: '.jp-DirListing-item[data-file-type="notebook"]', rank: 4 });
  app.shell.currentChanged?.connect(() => app.commands.notifyCommandChanged("flowforge:schedule"));
}

/** Let an execution go on, and show the one that runs now. */
async function resume({ lab, app, server }, one, folder) {
  const id = await goOn(lab, server, one, folder);
  if (id) app.commands.execute("flowforge:execution", { id, folder, title: one.workflow_id });
}

async function schedule({ lab, app, server, news }, paths) {
  const isOpen = (widget) => paths.includes(widget.context?.path) && widget.context.model?.dirty;
  const unsaved = [...app.shell.widgets("main")].filter(isOpen);
  try {
    const made = await scheduleNotebooks(lab, server, paths.map((path) => server.localPath(path)), { unsaved });
    if (!made) return null;
    await news.ask();
    app.commands.execute("flowforge:side");
    const open = { label: "Open the workflow", callback: () => app.commands.execute("docmanager:open", { path: made.path }) };
    lab.apputils.Notification?.success(`${made.id} is active.`, { autoClose: 6000, actions: made.path ? [open] : [] });
    return made;
  } catch (error) {
    await lab.apputils.showErrorMessage("FlowForge", error.message);
    return null;
  }
}

// ---- places in the window

function addPlaces(desk) {
  const { lab, app, parts, server, icons, news } = desk;
  const execute = (name, args) => app.commands.execute(`flowforge:${name}`, args);
  const labFolder = () => news.now?.lab.folder ?? desk.folder();
  const tell = (error) => lab.apputils.showErrorMessage("FlowForge", error.message);
  const change = (one, deed) => server.call(`api/executions/${one.id}/${deed}`, { method: "POST", folder: labFolder() }).then(() => news.ask(), tell);
  const acts = {
    create: () => execute("new", {}),
    dashboard: () => execute("dashboard", {}),
    open: (one) => app.commands.execute("docmanager:open", { path: one.path }),
    show: (one) => execute("execution", { id: one.id, folder: labFolder(), title: one.workflow_id }),
    cancel: (one) => change(one, "cancel"),
    goOn: (one) => resume(desk, one, labFolder()).then(() => news.ask(), tell),
  };
  app.shell.add(sideBar(lab, news, acts, icons.workflow), "left", { rank: 150, type: "FlowForge" });
  parts.status?.registerStatusItem("flowforge-lab:status", {
    item: statusItem(lab, news, () => execute("side", {})),
    align: "left",
    rank: 90,
  });
  parts.launcher?.add({ command: "flowforge:new", category: CATEGORY, rank: 0 });
  parts.launcher?.add({ command: "flowforge:dashboard", category: CATEGORY, rank: 1 });
  parts.menu?.fileMenu.newMenu.addItem({ command: "flowforge:new", args: { isPalette: true }, rank: 60 });
}
