/**
 * One job: what it does or did, and what went wrong with which files.
 */

import { api, path } from "../lib/api.js";
import { connection } from "../lib/connection.js";
import { fill, h } from "../lib/dom.js";
import { serverEvents } from "../lib/events.js";
import { formatBytes, formatDuration, formatNumber, t } from "../lib/i18n.js";
import { isActive } from "../lib/index-types.js";
import { liveIndex } from "../lib/live-index.js";
import { router } from "../lib/router.js";
import { panel, time } from "./bits.js";
import { linkButton } from "./button.js";
import { ErrorList } from "./error-list.js";
import { icon } from "./icon.js";
import { methodText, serverWords, stateBadge } from "./index-words.js";
import { actionButton, heldFiles, heldNotice, jobButtons, startJob } from "./job-actions.js";
import { JobProgress } from "./job-progress.js";
import { errorState, loadingState } from "./states.js";

/** @typedef {import("../lib/index-types.js").Job} Job */

export class JobDetail {
  #id;
  #life;
  #ending = new AbortController();
  /** @type {Job | null} */
  #job = null;
  #title = h("h1", { tabindex: "-1" });
  #badge = h("span");
  #place = h("p", { class: "source-place mono muted" });
  #actions = h("div", { class: "page-actions" });
  #body = h("div", { class: "job-body" });
  /** @type {JobProgress | null} */
  #progress = null;
  #errors;
  #shown = "";
  element = h(
    "div",
    { class: "job-detail" },
    h("a", { class: "back", href: "/jobs" }, icon("chevronRight"), t("job.back")),
    h(
      "div",
      { class: "page-head" },
      h("div", { class: "source-title" }, h("div", { class: "source-name" }, this.#title, this.#badge), this.#place),
      this.#actions,
    ),
    this.#body,
  );

  /** @param {number} id @param {AbortSignal} life of the page */
  constructor(id, life) {
    this.#id = id;
    this.#life = AbortSignal.any([life, this.#ending.signal]);
    this.#errors = new ErrorList(id, this.#life);
    fill(this.#title, t("job.number", { id: String(id) }));
    this.hear();
    this.load();
  }

  /** Another view takes its place. */
  end() {
    this.#ending.abort();
  }

  /** Asks for the job, and for its errors. */
  async load() {
    const slow = setTimeout(() => this.#job ?? fill(this.#body, loadingState(6)), 200);
    try {
      this.#job = await api.get(path`/api/index/jobs/${this.#id}`, { signal: this.#life });
      this.#show();
      this.#errors.load();
    } catch (error) {
      if (!this.#life.aborted && !this.#job) fill(this.#body, errorState(error, () => this.load()));
    } finally {
      clearTimeout(slow);
    }
  }

  /** The stream told something. */
  hear() {
    const live = liveIndex.job(this.#id);
    if (live) {
      const hasEnded = this.#job?.state === "running" && live.state !== "running";
      this.#job = { ...this.#job, ...live };
      // Its end time and its errors.
      if (hasEnded) this.load();
    }
    this.#show();
  }

  #show() {
    const job = this.#job;
    if (!job) return;
    const state = JSON.stringify([job.state, isActive(job), heldFiles(job), job.message, job.ended_at]);
    if (state !== this.#shown) {
      this.#shown = state;
      this.#build(job);
    }
    this.#progress?.update(job, { isFresh: connection.isOnline && serverEvents.isLive });
    this.#errors.note(job.errors);
  }

  /** @param {Job} job */
  #build(job) {
    const hadFocus = this.#actions.contains(document.activeElement);
    fill(this.#title, t("job.title", { source: job.source, id: String(job.id) }));
    fill(this.#badge, stateBadge(job.state));
    fill(this.#place, job.url);
    fill(this.#actions, this.#buttons(job));
    if (hadFocus) (this.#actions.querySelector("button") ?? this.#title).focus();
    this.#progress = isActive(job) ? new JobProgress() : null;
    fill(
      this.#body,
      this.#notices(job),
      h("section", { class: "panel" }, this.#progress?.element ?? summary(job)),
      panel({ title: t("errors.title"), text: t("errors.text") }, this.#errors.element),
    );
  }

  /** @param {Job} job */
  #buttons(job) {
    const buttons = jobButtons(job, () => this.load());
    if (buttons.length > 0) return buttons;
    return [
      actionButton(t("job.start_again"), async () => {
        const next = await startJob(job.source);
        router.go(`/jobs?job=${next}`);
      }, { kind: "primary", icon: "refresh", about: job.source }),
      linkButton(t("source.history"), `/jobs?source=${encodeURIComponent(job.source)}`),
    ];
  }

  /** @param {Job} job */
  #notices(job) {
    return [
      job.state === "failed" && h(
        "div",
        { class: "note danger" },
        icon("alert"),
        h("div", null, h("strong", null, t("source.failed")), " ", serverWords(job.message)),
      ),
      heldNotice(job, () => this.load()),
    ];
  }
}

/** What a job that ended had done. @param {Job} job */
function summary(job) {
  /** @type {[string, import("../lib/dom.js").Child][]} */
  const rows = [
    [t("job.started"), time(job.started_at)],
    [t("job.ended"), time(job.ended_at ?? null)],
    [t("job.elapsed"), formatDuration(job.elapsed_seconds)],
    [t("job.files"), formatNumber(job.files_processed)],
    [t("job.opened"), formatNumber(job.files_opened)],
    [t("job.dicom"), t("job.dicom_of", { dicom: job.dicom_files, other: job.not_dicom })],
    [t("job.folders"), formatNumber(job.folders_listed)],
    [t("job.bytes_read"), formatBytes(job.bytes_read)],
    [t("job.average"), averageRate(job)],
    [t("job.errors"), formatNumber(job.errors)],
    [t("job.method"), methodText(job)],
  ];
  return h(
    "dl",
    { class: "figures" },
    rows.map(([label, value]) => h("div", null, h("dt", null, label), h("dd", { class: "numeric" }, value))),
  );
}

/** @param {Job} job */
function averageRate({ files_processed: files, elapsed_seconds: seconds }) {
  if (seconds <= 0) return "–";
  return t("job.rate", { rate: formatNumber(files / seconds, { maximumFractionDigits: 0 }) });
}
