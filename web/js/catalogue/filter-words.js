/**
 * What the filters' chips say.
 */

import { dayText, dicomDay } from "../lib/dicom.js";
import { t } from "../lib/i18n.js";
import { bodyPartName } from "./words.js";

/** @typedef {import("./query.js").CatalogueQuery} CatalogueQuery */

/** What one mostly looks for: the days until today. @type {{ key: "today" | "week" | "month" | "year", days: number }[]} */
export const periods = [{ key: "today", days: 0 }, { key: "week", days: 6 }, { key: "month", days: 29 }, {
  key: "year",
  days: 364,
}];

/** A day before today, as the API writes it. @param {number} days */
export function daysAgo(days) {
  const date = new Date();
  date.setDate(date.getDate() - days);
  return dicomDay(date);
}

/** @param {CatalogueQuery} query */
export function bodyPartLabel(query) {
  return query.bodyPart ? bodyPartName(query.bodyPart) : t("filter.body_part");
}

/** @param {CatalogueQuery} query */
export function dateLabel({ from, to }) {
  if (!from && !to) return t("filter.date");
  const period = to ? undefined : periods.find(({ days }) => from === daysAgo(days));
  if (period) return t(`filter.period_${period.key}`);
  if (from === to) return dayText(from);
  if (!to) return t("filter.since", { day: dayText(from) });
  return from ? t("filter.between", { from: dayText(from), to: dayText(to) }) : t("filter.until", { day: dayText(to) });
}
