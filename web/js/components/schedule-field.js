/**
 * Picks a schedule: never, every so often, daily, weekly, or as a cron expression. What is sent is always the expression.
 */

import { cronOf, hourSteps, minuteSteps, parseSchedule } from "../lib/cron.js";
import { h, setText, uniqueID } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { field } from "./field.js";
import { mondayFirst, scheduleText, weekdayName } from "./index-words.js";

/** @typedef {import("../lib/cron.js").Schedule} Schedule */
/** @typedef {Schedule["kind"]} Kind */

/** @type {Kind[]} */
const kinds = ["never", "minutes", "hours", "daily", "weekly", "custom"];

const weekdays = mondayFirst([0, 1, 2, 3, 4, 5, 6]);

/**
 * @param {string | null} value
 * @returns {HTMLElement} with an input named `schedule`
 */
export function scheduleField(value) {
  let schedule = parseSchedule(value);
  const expression = field({
    name: "schedule",
    label: t("schedule.expression"),
    hint: t("schedule.expression_hint"),
    value: value ?? "",
    attributes: { class: "input mono", placeholder: "0 2 * * *" },
  });
  const input = /** @type {HTMLInputElement} */ (expression.querySelector("input"));
  const details = h("div", { class: "schedule-details" });
  const words = h("p", { class: "field-hint", role: "status" });
  const show = () => {
    if (schedule.kind !== "custom") input.value = cronOf(schedule);
    expression.hidden = schedule.kind !== "custom";
    setText(words, timing(schedule, input.value));
  };
  const kindID = uniqueID("schedule");
  const picker = h(
    "select",
    { class: "input", id: kindID },
    kinds.map((kind) => h("option", { value: kind, selected: kind === schedule.kind }, t(`schedule.kind.${kind}`))),
  );
  picker.addEventListener("change", () => {
    schedule = ofKind(/** @type {Kind} */ (picker.value), input.value);
    details.replaceChildren(...controls(schedule, show));
    show();
  });
  input.addEventListener("input", () => {
    schedule = { kind: "custom", expression: input.value };
    show();
  });
  details.append(...controls(schedule, show));
  show();
  return h(
    "div",
    { class: "schedule" },
    h("div", { class: "pick" }, h("label", { for: kindID }, t("schedule.label")), picker),
    details,
    expression,
    words,
  );
}

/** When it is, in words. @param {Schedule} schedule @param {string} expression */
function timing({ kind }, expression) {
  if (kind === "never") return t("schedule.none_hint");
  if (kind === "custom") return t("schedule.in_server_time");
  return t("schedule.server_time", { schedule: scheduleText(expression) });
}

/** A schedule of a kind to begin with. @param {Kind} kind @param {string} expression @returns {Schedule} */
function ofKind(kind, expression) {
  switch (kind) {
    case "never":
      return { kind };
    case "minutes":
      return { kind, every: 30 };
    case "hours":
      return { kind, every: 4, minute: 0 };
    case "daily":
      return { kind, hour: 2, minute: 0 };
    case "weekly":
      return { kind, hour: 2, minute: 0, weekdays: [0] };
    case "custom":
      return { kind, expression };
  }
}

/** @param {Schedule} schedule changed in place @param {() => void} changed @returns {Node[]} */
function controls(schedule, changed) {
  switch (schedule.kind) {
    case "minutes":
      return [
        stepPicker(t("schedule.every"), minuteSteps, schedule, (count) => t("schedule.minutes", { count }), changed),
      ];
    case "hours":
      return [stepPicker(t("schedule.every"), hourSteps, schedule, (count) => t("schedule.hours", { count }), changed)];
    case "daily":
      return [timePicker(schedule, changed)];
    case "weekly":
      return [timePicker(schedule, changed), weekdayPicker(schedule, changed)];
    default:
      return [];
  }
}

/**
 * @param {string} label
 * @param {number[]} steps
 * @param {{ every: number }} schedule
 * @param {(count: number) => string} words
 * @param {() => void} changed
 */
function stepPicker(label, steps, schedule, words, changed) {
  const id = uniqueID("schedule");
  const picker = h(
    "select",
    { class: "input", id },
    steps.map((step) => h("option", { value: step, selected: step === schedule.every }, words(step))),
  );
  picker.addEventListener("change", () => {
    schedule.every = Number(picker.value);
    changed();
  });
  return h("div", { class: "pick" }, h("label", { for: id }, label), picker);
}

/** @param {{ hour: number, minute: number }} schedule @param {() => void} changed */
function timePicker(schedule, changed) {
  const id = uniqueID("schedule");
  const twoDigits = (/** @type {number} */ number) => String(number).padStart(2, "0");
  const input = h("input", {
    class: "input",
    id,
    type: "time",
    required: true,
    value: `${twoDigits(schedule.hour)}:${twoDigits(schedule.minute)}`,
  });
  input.addEventListener("input", () => {
    const [hour, minute] = input.value.split(":").map(Number);
    if (hour === undefined || minute === undefined || Number.isNaN(hour + minute)) return;
    [schedule.hour, schedule.minute] = [hour, minute];
    changed();
  });
  return h("div", { class: "pick" }, h("label", { for: id }, t("schedule.at")), input);
}

/** @param {{ weekdays: number[] }} schedule @param {() => void} changed */
function weekdayPicker(schedule, changed) {
  return h(
    "fieldset",
    { class: "weekdays" },
    h("legend", null, t("schedule.on")),
    h(
      "div",
      { class: "segments" },
      weekdays.map((day) => {
        const box = h("input", {
          type: "checkbox",
          checked: schedule.weekdays.includes(day),
          "aria-label": weekdayName(day),
        });
        box.addEventListener("change", () => {
          const others = schedule.weekdays.filter((other) => other !== day);
          // A week without a day would never come.
          if (!box.checked && others.length === 0) box.checked = true;
          schedule.weekdays = box.checked ? [...others, day] : others;
          changed();
        });
        return h("label", null, box, h("span", { "aria-hidden": "true" }, weekdayName(day, "short")));
      }),
    ),
  );
}
