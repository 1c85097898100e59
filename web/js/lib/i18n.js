/**
 * Texts, numbers and dates in the person's language. Texts are in `texts/`, one module per language; the compiler checks their names.
 */

import { readPreference, writePreference } from "./preferences.js";

/** @typedef {typeof import("../texts/en.js").default} Texts */
/** @typedef {keyof Texts} TextKey */
/** Forms by `Intl.PluralRules` category. @typedef {Partial<Record<Intl.LDMLPluralRule, string>> & { other: string }} PluralText */
/** @typedef {Record<string, string | PluralText>} TextTable */
/** @typedef {Record<string, string | number>} TextValues */

/** @type {Record<string, { name: string, load: () => Promise<{ default: TextTable }> }>} */
export const languages = {
  en: { name: "English", load: () => import("../texts/en.js") },
  de: { name: "Deutsch", load: () => import("../texts/de.js") },
};

/** @type {TextTable} */
let texts = {};
let language = "en";
/** The language with its region, where the browser says one: English dates differ between London and New York. */
let locale = "en";
let plurals = new Intl.PluralRules("en");
/** @type {Map<string, any>} */
const formats = new Map();

export const languageChanged = new EventTarget();

/** @returns {string} the chosen language, else the first of the browser's that we have, else English. */
export function preferredLanguage() {
  const wanted = [readPreference("language"), ...navigator.languages].map((tag) => tag?.split("-")[0] ?? "");
  return wanted.find((tag) => Object.hasOwn(languages, tag)) ?? "en";
}

export function currentLanguage() {
  return language;
}

/**
 * @param {string} tag one of `languages`
 * @param {{ remember?: boolean }} [options]
 */
export async function setLanguage(tag, options = {}) {
  const known = languages[tag];
  if (!known) throw new RangeError(`No texts for ${tag}`);
  const table = (await known.load()).default;
  useTexts(tag, table, localeOf(tag));
  document.documentElement.lang = tag;
  if (options.remember) writePreference("language", tag);
  languageChanged.dispatchEvent(new Event("change"));
}

/** A language with its region, where the browser says one. @param {string} tag */
export function localeOf(tag) {
  return navigator.languages.find((candidate) => candidate.split("-")[0] === tag) ?? tag;
}

/**
 * @param {string} tag
 * @param {TextTable} table
 * @param {string} [region]
 */
export function useTexts(tag, table, region = tag) {
  [language, texts, locale] = [tag, table, region];
  plurals = new Intl.PluralRules(locale);
  formats.clear();
}

/**
 * A text; `{name}` in it is replaced by the value of that name, numbers in the language's way. A text with plural forms is chosen by `count`.
 * @param {TextKey} key
 * @param {TextValues} [values]
 * @returns {string}
 */
export function t(key, values = {}) {
  const entry = texts[key];
  if (entry === undefined) throw new RangeError(`No text ${key} in ${language}`);
  const text = typeof entry === "string" ? entry : entry[plurals.select(Number(values.count))] ?? entry.other;
  return text.replace(/\{(\w+)\}/g, (_, name) => {
    const value = values[name];
    return typeof value === "number" ? formatNumber(value) : String(value ?? `{${name}}`);
  });
}

/**
 * A text that may be absent, such as that of an error code a newer server knows.
 * @param {string} key
 * @param {TextValues} [values]
 * @returns {string | null}
 */
export function textIfKnown(key, values) {
  return Object.hasOwn(texts, key) ? t(/** @type {TextKey} */ (key), values) : null;
}

/**
 * @template Format
 * @param {new (locale: string, options: any) => Format} Kind
 * @param {object} options
 * @returns {Format}
 */
function format(Kind, options) {
  const key = Kind.name + JSON.stringify(options);
  const known = formats.get(key) ?? new Kind(locale, options);
  formats.set(key, known);
  return known;
}

/** @param {number} value @param {Intl.NumberFormatOptions} [options] */
export function formatNumber(value, options = {}) {
  return format(Intl.NumberFormat, options).format(value);
}

/** @param {number} bytes */
export function formatBytes(bytes) {
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${formatNumber(value, { maximumFractionDigits: value < 10 && unit > 0 ? 1 : 0 })}\u00a0${units[unit]}`;
}

/** @param {Date | string | number} time a moment, ISO 8601 or milliseconds */
export function formatDateTime(time) {
  return format(Intl.DateTimeFormat, { dateStyle: "medium", timeStyle: "short" }).format(new Date(time));
}

/** @param {Date | string | number} time */
export function formatTime(time) {
  return format(Intl.DateTimeFormat, { timeStyle: "short" }).format(new Date(time));
}

/**
 * A calendar day without a time zone.
 * @param {{ year: number, month: number, day: number }} day
 * @param {"short" | "long"} [style]
 */
export function formatDay({ year, month, day }, style = "short") {
  /** @type {Intl.DateTimeFormatOptions} */
  const options = style === "long"
    ? { dateStyle: "long", timeZone: "UTC" }
    : { year: "numeric", month: "2-digit", day: "2-digit", timeZone: "UTC" };
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return format(Intl.DateTimeFormat, options).format(date);
}

/** @type {[Intl.RelativeTimeFormatUnit, number][]} */
const steps = [["year", 31_557_600], ["month", 2_629_800], ["day", 86_400], ["hour", 3_600], ["minute", 60], [
  "second",
  1,
]];

/**
 * Such as "3 minutes ago" or "in 2 days".
 * @param {Date | string | number} time
 * @param {number} [now] milliseconds
 */
export function formatRelative(time, now = Date.now()) {
  const seconds = (new Date(time).getTime() - now) / 1000;
  const [unit, length] = steps.find(([, size]) => Math.abs(seconds) >= size) ?? ["second", 1];
  return format(Intl.RelativeTimeFormat, { numeric: "auto" }).format(Math.trunc(seconds / length), unit);
}

/** Such as "2 h 5 min". @param {number} seconds */
export function formatDuration(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  /** @type {[number, string][]} */
  const parts = [[Math.floor(whole / 86_400), "day"], [Math.floor(whole / 3_600) % 24, "hour"], [
    Math.floor(whole / 60) % 60,
    "minute",
  ], [whole % 60, "second"]];
  const first = parts.findIndex(([value]) => value > 0);
  const shown = first < 0 ? parts.slice(-1) : parts.slice(first, first + 2).filter(([value]) => value > 0);
  return shown.map(([value, unit]) => formatNumber(value, { style: "unit", unit, unitDisplay: "short" })).join(" ");
}

/** @param {readonly string[]} items */
export function formatList(items) {
  return format(Intl.ListFormat, { type: "conjunction" }).format(items);
}
