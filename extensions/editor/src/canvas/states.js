// How the states of a step look: word, icon. Colours are in the style sheet, by `data-state`.

export const STATES = {
  queued: { word: "Queued", icon: "clock" },
  running: { word: "Running", icon: "loader-circle" },
  succeeded: { word: "Succeeded", icon: "check" },
  failed: { word: "Failed", icon: "x" },
  waiting: { word: "Waiting", icon: "hourglass" },
  looping: { word: "Looping", icon: "repeat" },
  paused: { word: "Paused", icon: "circle-pause" },
  skipped: { word: "Skipped", icon: "skip-forward" },
  cancelled: { word: "Cancelled", icon: "ban" },
};

export const isOver = (state) => state === "succeeded" || state === "failed" || state === "cancelled";
