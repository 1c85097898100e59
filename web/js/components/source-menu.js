/**
 * Everything else that can be done with a source: test, advice, other ways to start, its settings, its end.
 */

import { api, path } from "../lib/api.js";
import { fill, h } from "../lib/dom.js";
import { formatTime, t } from "../lib/i18n.js";
import { isActive } from "../lib/index-types.js";
import { router } from "../lib/router.js";
import { button } from "./button.js";
import { confirmDialog } from "./dialog.js";
import { icon } from "./icon.js";
import { deleteSource, startDialog, startJob } from "./job-actions.js";
import { sourceDialog, testTimeout } from "./source-form.js";
import { showMetrics } from "./source-metrics.js";
import { adviceList, isUsable, testReport } from "./source-test.js";
import { errorSentence, errorState, loadingState } from "./states.js";
import { toast } from "./toast.js";

/** @typedef {import("../lib/index-types.js").Source} Source */
/** @typedef {import("../lib/index-types.js").Job} Job */

/**
 * @param {Source} source
 * @param {Job | null} job its newest
 * @param {{ close: () => void, changed: () => void, test: HTMLElement, metrics: HTMLElement }} about `test`, `metrics`: where results are shown
 */
export function sourceMenu(source, job, { close, changed, test, metrics }) {
  const isIdle = (!job || !isActive(job)) && source.is_enabled;
  /** @param {import("./icon.js").IconName} name @param {string} label @param {() => unknown} run */
  const item = (name, label, run, kind = "") =>
    h(
      "button",
      {
        type: "button",
        class: `menu-item ${kind}`.trim(),
        on: {
          click: async () => {
            close();
            try {
              await run();
            } catch (error) {
              toast(errorSentence(error), { kind: "error" });
            }
          },
        },
      },
      icon(name),
      label,
    );
  return [
    item("pulse", t("test.now"), () => testSource(source, test)),
    source.type === "smb" && source.is_enabled && item("server", t("metrics.show"), () => showMetrics(source, metrics)),
    isIdle && item("refresh", t("start.read_again"), () => readAgain(source, changed)),
    isIdle && item("settings", t("start.with_options"), async () => {
      if (await startDialog(source)) changed();
    }),
    item("clock", t("source.history"), () => router.go(`/jobs?source=${encodeURIComponent(source.name)}`)),
    source.origin === "ledger" && item("settings", t("source.edit"), async () => {
      if (await sourceDialog(source)) {
        toast(t("source.saved"), { kind: "success" });
        changed();
      }
    }),
    source.origin === "config" && h("p", { class: "menu-note muted" }, t("source.origin_config_hint")),
    source.origin !== "config" && item("trash", t("source.delete"), async () => {
      if (!await deleteSource(source)) return;
      toast(t("source.deleted", { source: source.name }), { kind: "success" });
      changed();
    }, "danger"),
  ];
}

/** @param {Source} source @param {() => void} changed */
async function readAgain(source, changed) {
  const isDone = await confirmDialog({
    title: t("start.read_again_title", { source: source.name }),
    text: t("start.read_again_text", { count: source.file_count }),
    confirm: t("start.read_again"),
    run: async () => {
      await startJob(source.name, { full: true });
    },
  });
  if (isDone) changed();
}

/**
 * What the last test of a source found, for as long as the page is open.
 * @typedef {object} TestResult
 * @property {import("../lib/index-types.js").ShareReport | import("../lib/index-types.js").FolderReport} report
 * @property {number} time milliseconds
 * @property {import("../lib/index-types.js").Suggestion[] | null} advice null while it is not known
 */
/** @type {Map<string, TestResult>} */
const results = new Map();

/**
 * Tests a source, and shows what was found together with advice.
 * @param {Source} source
 * @param {HTMLElement} place
 */
async function testSource(source, place) {
  fill(place, loadingState(5));
  place.scrollIntoView({ block: "nearest" });
  try {
    const report = await api.post(path`/api/sources/${source.id}/test`, {}, { timeout: testTimeout });
    /** @type {TestResult} */
    const result = { report, time: Date.now(), advice: null };
    results.set(source.id, result);
    showKnownTest(source, place);
    place.scrollIntoView({ block: "nearest" });
    if (!isUsable(report)) return;
    result.advice = await api.post(path`/api/sources/${source.id}/suggest`, {}, { timeout: testTimeout });
    showKnownTest(source, place);
  } catch (error) {
    fill(place, errorState(error, () => testSource(source, place)));
  }
}

/**
 * Shows the last test of a source, if there was one.
 * @param {Source} source
 * @param {HTMLElement} place
 */
export function showKnownTest(source, place) {
  const result = results.get(source.id);
  if (!result) return;
  const { report, time, advice } = result;
  const dismiss = () => {
    results.delete(source.id);
    fill(place);
  };
  fill(
    place,
    h(
      "div",
      { class: "panel-head" },
      h("h3", null, t("test.title", { time: formatTime(time) })),
      h(
        "div",
        { class: "panel-actions" },
        button(t("test.again"), {
          kind: "quiet",
          icon: "refresh",
          iconOnly: true,
          onClick: () => void testSource(source, place),
        }),
        button(t("common.dismiss"), { kind: "quiet", icon: "close", iconOnly: true, onClick: dismiss }),
      ),
    ),
    h(
      "div",
      { class: "test-columns" },
      testReport(report),
      isUsable(report) &&
        h("div", null, h("h3", null, t("advice.title")), advice ? adviceList(advice) : loadingState(2)),
    ),
  );
}
