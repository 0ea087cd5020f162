// A small fuzzy scorer for the palette: every letter in order, runs and word starts count more. Where nothing fits,
// one wrong, missing, surplus or swapped letter is forgiven.

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
  const fitting = ranked.filter((r) => r.points >= 0).sort((a, b) => b.points - a.points).map((r) => r.type);
  return fitting.length ? fitting : types.filter((type) => textsOf(type).some((text) => isMistyped(query, text)));
}

const textsOf = (type) => [type.title, type.kind, type.category, ...(type.keywords || [])];

/** Whether some word of `text` begins with `query`, but for one slip of the fingers. */
export function isMistyped(query, text) {
  const q = query.trim().toLowerCase();
  return q.length > 3 && text.toLowerCase().split(WORD_START).some((word) => isNear(q, word));
}

function isNear(q, word) {
  let at = 0;
  while (at < q.length && q[at] === word[at]) at += 1;
  const typed = (skipped) => q.slice(at + skipped);
  const meant = (skipped, rest) => word.slice(at + skipped).startsWith(rest);
  const isSwapped = q[at] === word[at + 1] && q[at + 1] === word[at] && meant(2, typed(2));
  return isSwapped || meant(0, typed(1)) || meant(1, typed(0)) || meant(1, typed(1));
}

function best(type, query) {
  const [, ...others] = textsOf(type);
  const weak = others.map((text) => score(query, text) - 8);
  return Math.max(score(query, type.title), ...weak.map((points) => (points < -8 ? -1 : points)), byDeed(type, query));
}

const SMALL_WORDS = new Set(["a", "an", "the", "and", "or", "of", "to", "in", "on", "by", "for", "from", "with", "is", "it", "my"]);
const ENDINGS = ["s", "es", "ing", "ed"];
const wordsOf = (text) => text.toLowerCase().split(/[^a-z0-9]+/).filter(Boolean);

// What a type does is a sentence: of the words that were typed all, or in a longer question most, must begin one of
// its words, or be one with an ending (`branches`). It counts less than a name.
function byDeed(type, query) {
  const summary = wordsOf(`${type.summary || ""} ${(type.keywords || []).join(" ")}`);
  const words = [...summary, ...wordsOf(`${type.title} ${type.doc || ""}`)];
  const asked = wordsOf(query).filter((word, _index, all) => all.length === 1 || !SMALL_WORDS.has(word));
  if (!asked.length || asked.join("").length < 3) return -1;
  const isKnown = (word, among) => among.some((known) => known.startsWith(word) || ENDINGS.some((ending) => word === known + ending));
  const found = asked.filter((word) => isKnown(word, words)).length;
  if (found / asked.length <= 0.5) return -1;
  const share = (among) => asked.filter((word) => isKnown(word, among)).length / asked.length;
  return (found === asked.length ? 4 : 0) + 12 * share(summary) + 8 * share(wordsOf(type.title));
}
