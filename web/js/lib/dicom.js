/**
 * DICOM values as people read them.
 */

import { formatDay, formatNumber } from "./i18n.js";

/** @typedef {{ year: number, month: number, day: number }} Day */
/** @typedef {{ name: string, ideographic: string, phonetic: string }} PersonName */

/**
 * A person's name: `Doe^John^^Dr.=...=...` becomes `Doe, John, Dr.`, with the other writings beside it.
 *
 * Source: PS3.5 §6.2.1: up to three component groups, each of family, given, middle, prefix and suffix.
 * @param {string | null | undefined} value
 * @returns {PersonName | null} null when nothing is written
 */
export function personName(value) {
  const [alphabetic = "", ideographic = "", phonetic = ""] = (value ?? "").split("=");
  const latin = spelled(alphabetic, ", ");
  const written = spelled(ideographic, " ");
  const spoken = spelled(phonetic, " ");
  const name = latin || written || spoken;
  return name ? { name, ideographic: latin ? written : "", phonetic: latin || written ? spoken : "" } : null;
}

/**
 * @param {string} group
 * @param {string} separator between family and given name
 */
function spelled(group, separator) {
  const [family = "", given = "", middle = "", prefix = "", suffix = ""] = group.split("^").map((part) =>
    part.replace(/\s+/g, " ").trim()
  );
  const own = [given, middle].filter(Boolean).join(" ");
  const name = [family, own].filter(Boolean).join(separator);
  return [name, prefix, suffix].filter(Boolean).join(", ");
}

/**
 * A calendar day.
 *
 * Source: PS3.5 §6.2, DA: `YYYYMMDD`, and `YYYY.MM.DD` before DICOM 3.
 * @param {string | null | undefined} value
 * @returns {Day | null} null when it is no date
 */
export function parseDay(value) {
  const match = /^(\d{4})\.?(\d{2})\.?(\d{2})$/.exec(value?.trim() ?? "");
  if (!match) return null;
  const day = { year: Number(match[1]), month: Number(match[2]), day: Number(match[3]) };
  const date = new Date(0);
  date.setUTCFullYear(day.year, day.month - 1, day.day);
  return date.getUTCMonth() === day.month - 1 && date.getUTCDate() === day.day ? day : null;
}

/**
 * A date in the person's language; what is no date is shown as it was written.
 * @param {string | null | undefined} value
 * @param {"short" | "long"} [style]
 */
export function dayText(value, style = "short") {
  const day = parseDay(value);
  return day ? formatDay(day, style) : value?.trim() ?? "";
}

/**
 * Hours and minutes.
 *
 * Source: PS3.5 §6.2, TM: `HHMMSS.FFFFFF`, and `HH:MM:SS` before DICOM 3. No time zone is meant: the wall clock of the department.
 * @param {string | null | undefined} value
 */
export function timeText(value) {
  const match = /^([01]\d|2[0-3]):?([0-5]\d)/.exec(value?.trim() ?? "");
  return match ? `${match[1]}:${match[2]}` : "";
}

/**
 * How old somebody was: in years, under two years in months, under a month in days.
 * @param {string | null | undefined} birth
 * @param {string | null | undefined} at
 */
export function ageText(birth, at) {
  const [from, to] = [parseDay(birth), parseDay(at)];
  if (!from || !to) return "";
  const months = (to.year - from.year) * 12 + to.month - from.month - (to.day < from.day ? 1 : 0);
  const days = (Date.UTC(to.year, to.month - 1, to.day) - Date.UTC(from.year, from.month - 1, from.day)) / 86_400_000;
  if (days < 0) return "";
  /** @type {[number, string]} */
  const [value, unit] = months >= 24
    ? [Math.floor(months / 12), "year"]
    : months >= 1
    ? [months, "month"]
    : [days, "day"];
  return formatNumber(value, { style: "unit", unit, unitDisplay: "narrow" });
}

/**
 * A day as DICOM and the API write it.
 * @param {Date} date in the local time zone
 */
export function dicomDay(date) {
  const pad = (/** @type {number} */ value) => String(value).padStart(2, "0");
  return `${String(date.getFullYear()).padStart(4, "0")}${pad(date.getMonth() + 1)}${pad(date.getDate())}`;
}
