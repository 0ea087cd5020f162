// What a person likes, kept in the browser: favourite and recent node types, panels shown.

const KEY = "flowforge.editor";
const DEFAULTS = { favourites: [], recent: [], palette: null, minimap: true, closed: [] };

export function loadPreferences() {
  try {
    return { ...DEFAULTS, ...JSON.parse(localStorage.getItem(KEY) || "{}") };
  } catch {
    return { ...DEFAULTS };
  }
}

export function savePreferences(preferences) {
  try {
    localStorage.setItem(KEY, JSON.stringify(preferences));
  } catch {
    // Storage may be full or forbidden; the editor works without it.
  }
}
