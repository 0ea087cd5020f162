// Reads the JSON schemas that pydantic writes: which control a field gets, whether it may be empty, what it starts as.

/** Return `schema` with its reference followed and its `allOf` of one unpacked. */
export function resolve(schema, root) {
  let current = schema || {};
  for (let hops = 0; hops < 20; hops += 1) {
    if (current.$ref) {
      const { $ref, ...rest } = current;
      const target = $ref.replace(/^#\//, "").split("/").reduce((at, key) => at?.[key], root) || {};
      current = { ...target, ...rest };
    } else if (current.allOf?.length === 1) {
      const { allOf, ...rest } = current;
      current = { ...allOf[0], ...rest };
    } else {
      return current;
    }
  }
  return current;
}

/** Return the schema without its null variant, and whether there was one. */
export function optional(schema, root) {
  const resolved = resolve(schema, root);
  const variants = resolved.anyOf || resolved.oneOf;
  if (!variants) return { schema: resolved, nullable: resolved.type === "null" };
  const rest = variants.map((variant) => resolve(variant, root)).filter((variant) => variant.type !== "null");
  const nullable = rest.length < variants.length;
  const { anyOf, oneOf, ...outer } = resolved;
  // Pydantic writes an optional union as a union inside a union.
  if (rest.length === 1) {
    const inner = optional(rest[0], root);
    return { schema: { ...inner.schema, ...withoutEmpty(outer) }, nullable: nullable || inner.nullable };
  }
  return { schema: { ...outer, variants: rest }, nullable };
}

const withoutEmpty = (schema) => Object.fromEntries(Object.entries(schema).filter(([, value]) => value !== undefined));

const FORMATS = {
  expression: "expression", python: "python", sql: "sql", multiline: "multiline", secret: "secret",
  password: "secret", duration: "duration", any: "any", "notebook-parameters": "parameters", json: "json",
};

/** Return the name of the control for a schema whose null variant is gone. */
export function controlOf(schema) {
  if (FORMATS[schema.format]) return FORMATS[schema.format];
  if (schema.enum || schema.const !== undefined) return "enum";
  if (schema.variants) return literalVariants(schema) ? "enum" : "union";
  const type = Array.isArray(schema.type) ? schema.type.find((t) => t !== "null") : schema.type;
  if (type === "boolean" || type === "string") return type;
  if (type === "integer" || type === "number") return "number";
  if (type === "array") return "list";
  if (type === "object" || schema.properties) return schema.properties ? "object" : "map";
  return "any";
}

const literalVariants = (schema) => schema.variants.every((v) => v.enum || v.const !== undefined);

/** Return the schema of the values of a map; pydantic tells it by the pattern of names where they have one. */
export function valuesOf(schema) {
  const [byName] = Object.values(schema.patternProperties || {});
  const found = byName ?? schema.additionalProperties;
  return typeof found === "object" ? found : { format: "any" };
}

/** Return what an enum may be. */
export function choicesOf(schema) {
  if (schema.variants) return schema.variants.flatMap(choicesOf);
  return schema.enum || [schema.const];
}

/** Return the fields of an object schema in order: name, schema, whether it must be given, its title. */
export function fieldsOf(schema, root) {
  const required = new Set(schema.required || []);
  return Object.entries(schema.properties || {}).map(([name, raw]) => {
    const { schema: field, nullable } = optional(raw, root);
    return { name, schema: field, nullable, required: required.has(name), title: titleOf(name, raw.title || field.title), fallback: raw.default ?? field.default };
  });
}

const ACRONYMS = new Set(["api", "cpu", "csv", "html", "http", "https", "id", "ip", "json", "mb", "sql", "ssl", "tls", "ttl", "uri", "url", "utc", "xml", "yaml"]);

/** Return a title a person reads: pydantic's own titles say `Max Rows` and `Url`, we say `Max rows` and `URL`. */
export function titleOf(name, title) {
  const machine = name.split("_").map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join(" ");
  if (title && title !== machine) return title;
  const words = name.split("_").filter(Boolean).map((word) => (ACRONYMS.has(word) ? word.toUpperCase() : word)).join(" ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Return the first value of a list item, a map entry or a union's variant. */
export function startValue(schema, root) {
  const { schema: real } = optional(schema, root);
  if (real.default !== undefined) return real.default;
  if (real.const !== undefined) return real.const;
  const START = { boolean: false, number: 0, list: [], map: {}, enum: choicesOfSafe(real)[0], any: "" };
  const control = controlOf(real);
  if (control === "object") {
    const must = fieldsOf(real, root).filter((f) => f.required || f.schema.const !== undefined);
    return Object.fromEntries(must.map((f) => [f.name, startValue(f.schema, root)]));
  }
  if (control === "union") return startValue(real.variants[0], root);
  return control in START ? START[control] : "";
}

const choicesOfSafe = (schema) => (controlOf(schema) === "enum" ? choicesOf(schema) : [""]);

/** Return which variant of a union `value` is: by its constants first, then by its JSON type and known keys. */
export function variantOf(schema, value, root) {
  const fits = schema.variants.map((raw) => {
    const variant = resolve(raw, root);
    const constants = Object.entries(variant.properties || {}).map(([k, v]) => [k, resolve(v, root)]).filter(([, v]) => v.const !== undefined);
    if (constants.length && value && typeof value === "object") {
      return constants.every(([key, v]) => value[key] === v.const) ? 3 : 0;
    }
    const isSameType = jsonType(value) === (variant.type || (variant.properties ? "object" : "")) || (variant.type === "number" && jsonType(value) === "integer");
    if (!isSameType) return 0;
    const keys = value && typeof value === "object" && !Array.isArray(value) ? Object.keys(value) : [];
    return keys.every((key) => !variant.properties || key in variant.properties) ? 2 : 1;
  });
  const most = Math.max(...fits);
  return most > 0 ? fits.indexOf(most) : 0;
}

export function jsonType(value) {
  if (value === null || value === undefined) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return typeof value;
}

export const isTemplate = (value) => typeof value === "string" && value.includes("{{");

/** Return the problems whose field lies at or below `path`, such as `config.cases[0].when`. */
export function problemsAt(problems, path) {
  const wanted = flat(path);
  return (problems || []).filter((p) => p.field && (flat(p.field) === wanted || flat(p.field).startsWith(`${wanted}.`)));
}

const flat = (path) => path.replace(/\[(\d+)\]/g, ".$1").replace(/^\./, "");

/** Return a duration's seconds, or null if the text is none. */
export function seconds(text) {
  const UNITS = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86400, w: 604800 };
  const clean = String(text).trim();
  if (!/^(\d+(\.\d+)?(ms|s|m|h|d|w))+$/.test(clean)) return null;
  return [...clean.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d|w)/g)].reduce((sum, [, n, unit]) => sum + Number(n) * UNITS[unit], 0);
}

/** Return seconds as a person writes a duration: `1h30m`. */
export function lengthOf(number) {
  if (number < 1) return `${number * 1000}ms`;
  let rest = number;
  let text = "";
  for (const [unit, size] of [["d", 86400], ["h", 3600], ["m", 60]]) {
    const whole = Math.floor(rest / size);
    if (whole) text += `${whole}${unit}`;
    rest -= whole * size;
  }
  return rest || !text ? `${text}${rest}s` : text;
}
