import { cronOf, parseSchedule } from "../../../web/js/lib/cron.js";
import { assertEquals } from "./support.js";

/** @type {[string | null, import("../../../web/js/lib/cron.js").Schedule][]} */
const schedules = [
  [null, { kind: "never" }],
  ["*/15 * * * *", { kind: "minutes", every: 15 }],
  ["0 * * * *", { kind: "hours", every: 1, minute: 0 }],
  ["30 */6 * * *", { kind: "hours", every: 6, minute: 30 }],
  ["0 2 * * *", { kind: "daily", hour: 2, minute: 0 }],
  ["5 14 * * 0,6", { kind: "weekly", hour: 14, minute: 5, weekdays: [0, 6] }],
];

for (const [expression, schedule] of schedules) {
  Deno.test(`"${expression ?? ""}" is a schedule of the kind ${schedule.kind}, and comes of it again`, () => {
    assertEquals(parseSchedule(expression), schedule);
    assertEquals(cronOf(schedule), expression ?? "");
  });
}

Deno.test("weekdays may be names, ranges, and a Sunday that is 7", () => {
  assertEquals(parseSchedule("0 2 * * mon-fri"), { kind: "weekly", hour: 2, minute: 0, weekdays: [1, 2, 3, 4, 5] });
  assertEquals(parseSchedule("0 2 * * 6,7"), { kind: "weekly", hour: 2, minute: 0, weekdays: [0, 6] });
});

for (
  const expression of [
    "*/7 * * * *",
    "*/30 7-18 * * mon-fri",
    "0 2 1 * *",
    "0 2 * jan *",
    "0 25 * * *",
    "daily",
    "0 2 * * fri-mon",
  ]
) {
  Deno.test(`"${expression}" stays an expression, untouched`, () => {
    assertEquals(parseSchedule(expression), { kind: "custom", expression });
    assertEquals(cronOf({ kind: "custom", expression }), expression);
  });
}
