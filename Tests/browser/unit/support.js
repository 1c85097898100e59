/**
 * @param {readonly string[]} actual
 * @param {readonly string[]} expected
 * @param {string} [about]
 */
export function assertSameForms(actual, expected, about = "") {
  const missing = expected.filter((name) => !actual.includes(name));
  const extra = actual.filter((name) => !expected.includes(name));
  if (missing.length + extra.length > 0) throw new Error(`${about} missing: ${missing}; too many: ${extra}`);
}

/** @param {object} table */
export function keysOf(table) {
  return Object.keys(table);
}

/** @param {import("../../../web/js/lib/i18n.js").TextTable[string]} entry @returns {string[]} */
export function placeholders(entry) {
  const text = typeof entry === "string" ? entry : Object.values(entry).join(" ");
  return [...new Set([...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? ""))];
}

/**
 * @param {unknown} actual
 * @param {unknown} expected
 */
export function assertEquals(actual, expected) {
  const [one, other] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (one !== other) throw new Error(`${one} is not ${other}`);
}
