// Dark or light: as told, or as the page around the editor is.

import { useEffect, useState } from "react";

/** Return what the page shows: JupyterLab's theme, a Panel or Material page's, else dark. */
export function pageTheme() {
  const { jpThemeLight } = document.body.dataset;
  if (jpThemeLight) return jpThemeLight === "false" ? "dark" : "light";
  const html = document.documentElement;
  const named = html.getAttribute("data-mui-color-scheme") || html.getAttribute("data-theme") || html.getAttribute("data-bs-theme");
  if (named) return named.includes("dark") ? "dark" : named.includes("light") || named === "default" ? "light" : "dark";
  return "dark";
}

export function useTheme(asked) {
  const [page, setPage] = useState(pageTheme);
  useEffect(() => {
    const watch = new MutationObserver(() => setPage(pageTheme()));
    for (const element of [document.body, document.documentElement]) watch.observe(element, { attributes: true });
    return () => watch.disconnect();
  }, []);
  return asked === "dark" || asked === "light" ? asked : page;
}
