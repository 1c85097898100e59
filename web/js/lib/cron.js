/**
 * Schedules in cron's five fields, and the few kinds of them that a person picks without knowing cron. The server is the judge of what is a
 * valid expression; here only those are taken apart that the pickers can make.
 */

/**
 * - `never`: no schedule
 * - `minutes`, `hours`: every so many of them, `hours` at a minute past
 * - `daily`, `weekly`: at a time; weekdays 0 to 6 from Sunday
 * - `custom`: anything else
 * @typedef {{ kind: "never" }
 *   | { kind: "minutes", every: number }
 *   | { kind: "hours", every: number, minute: number }
 *   | { kind: "daily", hour: number, minute: number }
 *   | { kind: "weekly", hour: number, minute: number, weekdays: number[] }
 *   | { kind: "custom", expression: string }} Schedule
 */

export const minuteSteps = [5, 10, 15, 20, 30];
export const hourSteps = [1, 2, 3, 4, 6, 8, 12];

const weekdayNames = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/**
 * @param {string | null | undefined} expression
 * @returns {Schedule}
 */
export function parseSchedule(expression) {
  const text = (expression ?? "").trim().toLowerCase().replace(/\s+/g, " ");
  if (text === "") return { kind: "never" };
  const [minute = "", hour = "", day = "", month = "", weekday = ""] = text.split(" ");
  const custom = /** @type {Schedule} */ ({ kind: "custom", expression: text });
  if (text.split(" ").length !== 5 || day !== "*" || month !== "*") return custom;
  const everyMinutes = step(minute);
  if (everyMinutes && hour === "*" && weekday === "*" && minuteSteps.includes(everyMinutes)) {
    return { kind: "minutes", every: everyMinutes };
  }
  const atMinute = number(minute, 59);
  if (atMinute === null) return custom;
  const everyHours = hour === "*" ? 1 : step(hour);
  if (everyHours && weekday === "*" && hourSteps.includes(everyHours)) {
    return { kind: "hours", every: everyHours, minute: atMinute };
  }
  const atHour = number(hour, 23);
  if (atHour === null) return custom;
  if (weekday === "*") return { kind: "daily", hour: atHour, minute: atMinute };
  const weekdays = parseWeekdays(weekday);
  return weekdays ? { kind: "weekly", hour: atHour, minute: atMinute, weekdays } : custom;
}

/**
 * @param {Schedule} schedule
 * @returns {string} empty for none
 */
export function cronOf(schedule) {
  switch (schedule.kind) {
    case "never":
      return "";
    case "minutes":
      return `*/${schedule.every} * * * *`;
    case "hours":
      return `${schedule.minute} ${schedule.every === 1 ? "*" : `*/${schedule.every}`} * * *`;
    case "daily":
      return `${schedule.minute} ${schedule.hour} * * *`;
    case "weekly":
      return `${schedule.minute} ${schedule.hour} * * ${[...schedule.weekdays].sort().join(",") || "*"}`;
    case "custom":
      return schedule.expression.trim();
  }
}

/** @param {string} field @returns {number | null} how many, where the field says every so many of all */
function step(field) {
  const match = /^\*\/(\d{1,2})$/.exec(field);
  return match ? Number(match[1]) : null;
}

/** @param {string} field @param {number} most */
function number(field, most) {
  return /^\d{1,2}$/.test(field) && Number(field) <= most ? Number(field) : null;
}

/** @param {string} field @returns {number[] | null} in order, each once */
function parseWeekdays(field) {
  /** @type {Set<number>} */
  const days = new Set();
  for (const item of field.split(",")) {
    const [first = "", last = first, ...more] = item.split("-");
    const [from, to] = [weekdayNumber(first), weekdayNumber(last)];
    if (from === null || to === null || from > to || more.length > 0) return null;
    for (let day = from; day <= to; day += 1) days.add(day % 7);
  }
  return [...days].sort((one, other) => one - other);
}

/** @param {string} text */
function weekdayNumber(text) {
  const index = weekdayNames.indexOf(text);
  return index >= 0 ? index : number(text, 7);
}
