/**
 * A job at work: how far, how fast, how long still. Only what changed is written, so that nothing flickers.
 */

import { fill, h, setText } from "../lib/dom.js";
import { formatBytes, formatDateTime, formatDuration, formatNumber, formatTime, t } from "../lib/i18n.js";
import { progressOf, stageOf } from "../lib/index-types.js";
import { liveIndex } from "../lib/live-index.js";
import { methodText } from "./index-words.js";
import { RateChart } from "./rate-chart.js";

/** @typedef {import("../lib/index-types.js").Job} Job */

export class JobProgress {
  #bar = h("div", { class: "progress", role: "progressbar", "aria-valuemin": 0, "aria-valuemax": 100 }, h("span"));
  #caption = h("p", { class: "progress-caption" });
  #stage = h("span", { class: "progress-stage" });
  #count = h("span", { class: "numeric" });
  #figures = h("dl", { class: "figures" });
  #chart = new RateChart();
  /** @type {Map<string, HTMLElement>} */
  #values = new Map();
  #isCompact;
  element;

  /** @param {{ isCompact?: boolean }} [options] compact: a line of figures and no chart */
  constructor({ isCompact = false } = {}) {
    this.#isCompact = isCompact;
    this.#caption.append(this.#stage, this.#count);
    this.element = h(
      "div",
      { class: `job-progress${isCompact ? " compact" : ""}` },
      h("div", { class: "progress-holder" }, this.#caption, this.#bar),
      !isCompact && this.#chart.element,
      this.#figures,
    );
  }

  /**
   * @param {Job} job
   * @param {{ isFresh?: boolean }} [options] false: the server is away, and these are the last figures it gave
   */
  update(job, { isFresh = true } = {}) {
    this.element.classList.toggle("stale", !isFresh);
    this.element.classList.toggle("paused", job.state !== "running");
    const progress = progressOf(job);
    this.#bar.classList.toggle("unknown", progress === null && job.state === "running" && isFresh);
    const part = progress ?? (job.enumerated_files > 0 ? job.files_processed / job.enumerated_files : 0);
    this.#bar.style.setProperty("--part", `${(Math.min(1, part) * 100).toFixed(2)}%`);
    const words = countText(job);
    if (progress === null) this.#bar.removeAttribute("aria-valuenow");
    else this.#bar.setAttribute("aria-valuenow", String(Math.floor(progress * 100)));
    this.#bar.setAttribute("aria-valuetext", words);
    this.#bar.setAttribute("aria-label", t("job.progress_of", { source: job.source }));
    setText(this.#stage, job.state === "paused" ? t("job.state.paused") : t(`job.stage.${stageOf(job)}`));
    setText(this.#count, words);
    if (!this.#isCompact) this.#chart.update(liveIndex.rates(job.id));
    this.#showFigures(this.#isCompact ? briefFigures(job, isFresh) : fullFigures(job, isFresh));
  }

  /** @param {[string, string][]} figures */
  #showFigures(figures) {
    const labels = figures.map(([label]) => label);
    if (labels.join() !== [...this.#values.keys()].join()) {
      this.#values = new Map(labels.map((label) => [label, h("dd", { class: "numeric" })]));
      fill(this.#figures, [...this.#values].map(([label, value]) => h("div", null, h("dt", null, label), value)));
    }
    for (const [label, text] of figures) setText(/** @type {HTMLElement} */ (this.#values.get(label)), text);
  }
}

/** @param {Job} job */
function countText(job) {
  const values = { done: job.files_processed, found: job.enumerated_files };
  const progress = progressOf(job);
  if (progress === null) return t("job.count_listing", values);
  return t("job.count", { ...values, percent: Math.floor(progress * 100) });
}

/** @param {Job} job @param {boolean} isFresh @returns {[string, string][]} */
function briefFigures(job, isFresh) {
  return [
    [t("job.rate_label"), rateText(job, isFresh)],
    [t("job.time_left"), timeLeft(job, isFresh)],
    [t("job.folders_left"), formatNumber(job.folders_left)],
    [t("job.connections"), formatNumber(job.concurrency)],
    [t("job.bytes_read"), formatBytes(job.bytes_read)],
  ];
}

/** @param {Job} job @param {boolean} isFresh @returns {[string, string][]} */
function fullFigures(job, isFresh) {
  return [
    [t("job.rate_label"), rateText(job, isFresh)],
    [t("job.time_left"), timeLeft(job, isFresh)],
    [t("job.finished_at"), isFresh ? finish(job) : "–"],
    [t("job.elapsed"), formatDuration(job.elapsed_seconds)],
    [t("job.folders_left"), t("job.folders_of", { left: job.folders_left, listed: job.folders_listed })],
    [t("job.opened"), formatNumber(job.files_opened)],
    [t("job.bytes_read"), formatBytes(job.bytes_read)],
    [t("job.dicom"), t("job.dicom_of", { dicom: job.dicom_files, other: job.not_dicom })],
    [t("job.errors"), formatNumber(job.errors)],
    [t("job.connections"), formatNumber(job.concurrency)],
    [t("job.method"), methodText(job)],
  ];
}

/** @param {Job} job @param {boolean} isFresh */
function rateText(job, isFresh) {
  if (job.state !== "running" || !isFresh) return "–";
  return t("job.rate", {
    rate: formatNumber(job.files_per_second, { maximumFractionDigits: job.files_per_second < 10 ? 1 : 0 }),
  });
}

/** @param {Job} job @param {boolean} isFresh */
function timeLeft(job, isFresh) {
  if (job.state !== "running" || !isFresh) return "–";
  if (!job.estimated_completion) return t("job.unknown_yet");
  return formatDuration((Date.parse(job.estimated_completion) - Date.now()) / 1000);
}

/** @param {Job} job */
function finish(job) {
  if (job.state !== "running" || !job.estimated_completion) return "–";
  const time = new Date(job.estimated_completion);
  return time.toDateString() === new Date().toDateString() ? formatTime(time) : formatDateTime(time);
}
