// What the list is narrowed down to.

/**
 * @typedef {object} Filter
 * @property {string} [verdict]
 * @property {string} [code]
 * @property {string} [path]
 * @property {string} [method]
 * @property {string} [q] stands anywhere in the delivery
 */

const NAMED = /^(verdict|code|path|method):(.*)$/s;

/**
 * Reads what stands in the filter's field: words, and `verdict:`, `code:`, `path:` and `method:`.
 *
 * @param {string} text
 * @returns {Filter}
 */
export function parseFilter(text) {
  /** @type {Record<string, string>} */
  const filter = {};
  const words = [];
  for (const word of text.split(/\s+/).filter(Boolean)) {
    const [, name, value] = NAMED.exec(word) ?? [];
    if (name === undefined) words.push(word);
    else if (value) filter[name] = name === "path" ? pattern(value) : value;
  }
  if (words.length > 0) filter.q = words.join(" ");
  return filter;
}

/**
 * A path that does not start like one is looked for anywhere.
 *
 * @param {string} path
 */
function pattern(path) {
  return /^[/*]/.test(path) ? path : `*${path}*`;
}

/** @param {Filter} filter */
export function isEmpty(filter) {
  return Object.values(filter).every((value) => !value);
}

/**
 * Whether a delivery that has just come belongs to the list. What stands in its headers and body only the receiver knows:
 * then the answer is `undefined`.
 *
 * @param {Filter} filter
 * @param {import("./row.js").Row} row
 * @returns {boolean | undefined}
 */
export function matches(filter, row) {
  const { verdict, code, method, path, q } = filter;
  if (verdict && row.verdict !== verdict) return false;
  if (code && row.code !== code) return false;
  if (method && row.method.toUpperCase() !== method.toUpperCase()) return false;
  if (path && !wildcard(path).test(row.path)) return false;
  return !q || row.path.includes(q) || row.query.includes(q) || undefined;
}

/** @param {string} pattern */
function wildcard(pattern) {
  const parts = pattern.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join("[^]*")}$`);
}
