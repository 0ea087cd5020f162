// Small pieces of pages: elements, icons, times.

/** Return an element; `on...` are listeners, all else attributes; `null` children are left out. */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

const MARK = '<rect x="2" y="3" width="8" height="7" rx="2.5"/><rect x="14" y="14" width="8" height="7" rx="2.5"/><path d="M10 6.5h2c3 0 0 11 2 11"/>';
const SHAPES = {
  plus: '<path d="M12 5v14M5 12h14"/>',
  dashboard: '<path d="M4 20V4M4 20h16M8 16l4-5 3 3 5-7"/>',
  workflow: MARK,
  play: '<path d="M7 5l11 7-11 7z"/>',
  "cut-off": '<path d="M4 12a8 8 0 0 1 13-6.2M20 12a8 8 0 0 1-13 6.2"/><path d="M4 4l16 16"/>',
  stop: '<rect x="6" y="6" width="12" height="12" rx="2"/>',
  restart: '<path d="M4 12a8 8 0 1 0 3-6.2M7 2v4h4"/>',
  text: '<path d="M8 7l-5 5 5 5M16 7l5 5-5 5"/>',
  // how something stands: each a shape of its own, so that no colour is needed to tell them apart
  failed: '<path d="M8 3h8l5 5v8l-5 5H8l-5-5V8z" class="ffl-soft"/><path d="M9 9l6 6M15 9l-6 6"/>',
  running: '<circle cx="12" cy="12" r="9" class="ffl-faint"/><path class="ffl-turning" d="M12 3a9 9 0 0 1 9 9"/><path d="M10 8.5l5.5 3.5-5.5 3.5z" fill="currentColor"/>',
  waiting: '<path class="ffl-soft" d="M6 3h12M6 21h12M7.5 3c0 5 9 6 9 9s-9 4-9 9M16.5 3c0 5-9 6-9 9s9 4 9 9"/>',
  queued: '<circle cx="12" cy="12" r="9" stroke-dasharray="3.5 3.5"/>',
  paused: '<rect x="3" y="3" width="18" height="18" rx="4" class="ffl-soft"/><path d="M9.5 8.5v7M14.5 8.5v7"/>',
};

/** Return one of our icons: strokes of 2 on a square of 24. */
export function icon(name, size = 16) {
  const box = element("span", { class: "ffl-icon", "aria-hidden": "true" });
  box.innerHTML = `<svg viewBox="0 0 24 24" width="${size}" height="${size}" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round">${SHAPES[name] || SHAPES.queued}</svg>`;
  return box;
}

/** Return JupyterLab's form of our mark, or of another of our icons. */
export function labIcon(ui, name = "workflow") {
  const colour = name === "workflow" ? 'class="jp-icon-selectable ffl-mark" stroke="#4668ea"' : 'class="jp-icon3" stroke="#616161"';
  const svgstr = `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24"><g ${colour} fill="none" stroke-width="2" stroke-linecap="round" stroke-linejoin="round">${SHAPES[name]}</g></svg>`;
  return new ui.LabIcon({ name: `flowforge:${name}`, svgstr });
}

const UNITS = [["d", 86400], ["h", 3600], ["min", 60]];

/** Return how long ago a moment is, as people say it. */
export function ago(ms) {
  const seconds = (Date.now() - ms) / 1000;
  if (seconds < 60) return "just now";
  const [unit, size] = UNITS.find(([, length]) => seconds >= length);
  return `${Math.floor(seconds / size)} ${unit} ago`;
}

/** Return a moment as the time of its day, or as its date where that is another day. */
export function clock(ms) {
  const at = new Date(ms);
  const isToday = at.toDateString() === new Date().toDateString();
  return isToday ? at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }) : at.toLocaleDateString();
}
