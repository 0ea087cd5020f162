// A small fuzzy scorer for the palette: every letter in order, runs and word starts count more.

const WORD_START = /[\s._\-/]/;

/** Return how well `query` fits `text` (higher is better), or -1 if it does not. */
export function score(query, text) {
  const q = query.trim().toLowerCase();
  const t = text.toLowerCase();
  if (!q) return 0;
  const whole = t.indexOf(q);
  if (whole >= 0) return 100 - Math.min(whole, 40) - (t.length - q.length) * 0.1 + (isStart(t, whole) ? 30 : 0);
  return scattered(q.replace(/\s+/g, ""), t);
}

const isStart = (text, index) => index === 0 || WORD_START.test(text[index - 1]);

function scattered(q, t) {
  let points = 0;
  let from = 0;
  let previous = -2;
  for (const letter of q) {
    const at = t.indexOf(letter, from);
    if (at < 0) return -1;
    points += 1 + (at === previous + 1 ? 4 : 0) + (isStart(t, at) ? 3 : 0) - Math.min(at - from, 5) * 0.5;
    previous = at;
    from = at + 1;
  }
  return points >= q.length * 1.6 ? points : -1;
}

/** Return the node types that fit `query`, best first; all of them, in their order, if it is empty. */
export function search(types, query) {
  if (!query.trim()) return types;
  const ranked = types.map((type) => ({ type, points: best(type, query) }));
  return ranked.filter((r) => r.points >= 0).sort((a, b) => b.points - a.points).map((r) => r.type);
}

function best(type, query) {
  const weak = [type.kind, type.category, ...(type.keywords || [])].map((text) => score(query, text) - 8);
  return Math.max(score(query, type.title), ...weak.map((points) => (points < -8 ? -1 : points)));
}
