/**
 * Sources, jobs and their errors in words. The server's own sentences are English; those with a code have words here in every language.
 */

import { h } from "../lib/dom.js";
import { currentLanguage, formatList, formatNumber, formatTime, t, textIfKnown } from "../lib/i18n.js";
import { parseSchedule } from "../lib/cron.js";
import { badge } from "./bits.js";

/** @typedef {import("../lib/index-types.js").Job} Job */
/** @typedef {import("../lib/index-types.js").JobState} JobState */

/** @type {Record<JobState, { kind: "plain" | "accent" | "success" | "warning" | "danger", icon: import("./icon.js").IconName }>} */
const states = {
  running: { kind: "accent", icon: "refresh" },
  paused: { kind: "warning", icon: "pause" },
  cancelled: { kind: "plain", icon: "stop" },
  completed: { kind: "success", icon: "check" },
  failed: { kind: "danger", icon: "alert" },
};

/** @param {JobState} state */
export function stateBadge(state) {
  return badge(t(`job.state.${state}`), states[state] ?? states.cancelled);
}

/**
 * A sentence that the server wrote: English, whatever the page's language is, and read out so.
 * @param {string} text
 */
export function serverWords(text) {
  return h("span", { lang: currentLanguage() === "en" ? null : "en" }, text);
}

/** What happened, by its code. @param {string} code @param {string} [message] the server's words */
export function causeText(code, message = "") {
  return textIfKnown(`cause.${code}`) ?? (message || code);
}

/** What to do about it. @param {string} code @param {string} [suggestion] the server's words */
export function remedyText(code, suggestion = "") {
  return textIfKnown(`remedy.${code}`) ?? suggestion;
}

/** @param {string} type an `error_type` */
export function errorTypeText(type) {
  return textIfKnown(`error_type.${type.toLowerCase().replace(/\s+/g, "_")}`) ?? type;
}

/** @param {string} method */
export function methodName(method) {
  return textIfKnown(`method.${method}`) ?? method;
}

/** The reasons that the server gives, taken apart so that they can be said in every language. @type {[RegExp, import("../lib/i18n.js").TextKey][]} */
const reasons = [
  [/^the source is a folder$/, "method_reason.folder"],
  [/^asked for$/, "method_reason.asked"],
  [/^asked for; mounted at (?<path>.+)$/, "method_reason.asked_mount"],
  [/^the share is not mounted here$/, "method_reason.not_mounted"],
  [/^measured (?<smb>[\d.,]+)\/s over SMB and (?<local>[\d.,]+)\/s at (?<path>.+)$/, "method_reason.measured"],
];

/** By which method, and why. @param {Pick<Job, "method" | "method_reason">} job */
export function methodText({ method, method_reason: reason }) {
  if (!method) return "–";
  for (const [pattern, key] of reasons) {
    const match = pattern.exec(reason);
    if (match) return t("job.method_why", { method: methodName(method), reason: t(key, match.groups ?? {}) });
  }
  return reason ? t("job.method_why", { method: methodName(method), reason }) : methodName(method);
}

/**
 * A schedule as a person says it.
 * @param {string | null} expression
 */
export function scheduleText(expression) {
  const schedule = parseSchedule(expression);
  switch (schedule.kind) {
    case "never":
      return t("schedule.none");
    case "minutes":
      return t("schedule.every_minutes", { count: schedule.every });
    case "hours":
      return schedule.minute === 0
        ? t("schedule.every_hours", { count: schedule.every })
        : t("schedule.every_hours_at", { count: schedule.every, minute: formatNumber(schedule.minute) });
    case "daily":
      return t("schedule.daily_at", { time: clock(schedule) });
    case "weekly":
      return t("schedule.weekly_at", {
        days: formatList(mondayFirst(schedule.weekdays).map((day) => weekdayName(day))),
        time: clock(schedule),
      });
    case "custom":
      return t("schedule.custom_is", { expression: schedule.expression });
  }
}

/** Weekdays as calendars in hospitals have them. @param {readonly number[]} days 0 to 6 from Sunday */
export function mondayFirst(days) {
  return [...days].sort((one, other) => (one + 6) % 7 - (other + 6) % 7);
}

/** @param {number} day 0 to 6 from Sunday @param {"long" | "short"} [style] */
export function weekdayName(day, style = "long") {
  // The 4th of January 1970 was a Sunday.
  const format = new Intl.DateTimeFormat(document.documentElement.lang || undefined, {
    weekday: style,
    timeZone: "UTC",
  });
  return format.format(new Date(Date.UTC(1970, 0, 4 + day)));
}

/** @param {{ hour: number, minute: number }} time of the server's day */
function clock({ hour, minute }) {
  return formatTime(new Date(2000, 0, 1, hour, minute));
}
