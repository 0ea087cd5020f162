// Times of a schedule: cron lines from what people say, and moments as the clocks of a zone show them.

export const REPEATS = [["weekdays", "Every weekday"], ["daily", "Every day"], ["weekly", "Every week"], ["monthly", "Every month"], ["hourly", "Every hour"], ["line", "By a cron line"]];
export const WEEKDAYS = [["mon", "Monday"], ["tue", "Tuesday"], ["wed", "Wednesday"], ["thu", "Thursday"], ["fri", "Friday"], ["sat", "Saturday"], ["sun", "Sunday"]];
export const DAYS = [...Array.from({ length: 28 }, (_, index) => [String(index + 1), `Day ${index + 1}`]), ["L", "The last day"]];

/** Return the cron line of a repeat at a time such as `08:30`. */
export function cronOf({ repeat, time, weekday, day }) {
  const [hour, minute] = time.split(":").map(Number);
  const at = `${minute || 0} ${hour || 0}`;
  if (repeat === "weekdays") return `${at} * * mon-fri`;
  if (repeat === "weekly") return `${at} * * ${weekday}`;
  if (repeat === "monthly") return `${at} ${day} * *`;
  return repeat === "hourly" ? `${minute || 0} * * * *` : `${at} * * *`;
}

/** Return a moment such as `2026-03-29T08:00:00+02:00` as its own clock shows it, whatever the clock here says. */
export function shownAt(text) {
  const [date, rest] = text.split("T");
  const [hour, minute, second] = rest.split(/[.+-]/)[0].split(":").map(Number);
  const [year, month, day] = date.split("-").map(Number);
  const at = new Date(Date.UTC(year, month - 1, day, hour, minute, second));
  const words = { weekday: "short", day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", timeZone: "UTC" };
  return new Intl.DateTimeFormat(undefined, second ? { ...words, second: "2-digit" } : words).format(at);
}

/** Return how a clock stands to UTC at a moment, such as `UTC+02:00`. */
export function offsetOf(text) {
  const found = /([+-]\d\d:\d\d)$/.exec(text)?.[1];
  return found && found !== "+00:00" ? `UTC${found}` : "UTC";
}

const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60]];

/** Return how far away a moment is, such as `in 3 days`. */
export function until(text) {
  const seconds = (new Date(text) - Date.now()) / 1000;
  const [unit, size] = UNITS.find(([, length]) => seconds >= length) || ["second", 1];
  return new Intl.RelativeTimeFormat("en", { numeric: "always" }).format(Math.floor(seconds / size), unit);
}
