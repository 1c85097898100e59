import { pageHead, panel } from "../components/bits.js";
import { button } from "../components/button.js";
import { icon } from "../components/icon.js";
import { serverWords } from "../components/index-words.js";
import { errorState, loadingState } from "../components/states.js";
import { getText } from "../lib/api.js";
import { connection } from "../lib/connection.js";
import { fill, h, setText } from "../lib/dom.js";
import { Page } from "../lib/element.js";
import { formatBytes, formatDateTime, formatDuration, formatNumber, formatTime, t, textIfKnown } from "../lib/i18n.js";
import { Figures } from "../lib/prometheus.js";
import { session } from "../lib/session.js";

export const tag = "fr-health";

const interval = 15_000;
const requests = "fileroom_http_requests_total";
const duration = "fileroom_http_request_duration_seconds";

/** @typedef {[string, import("../lib/dom.js").Child][]} Rows */

class HealthPage extends Page {
  #verdict = h("div", { role: "status" });
  #content = h("div", { class: "health" });
  #age = h("p", { class: "muted numeric" });
  #hasFigures = false;

  /** @override */
  build() {
    const head = pageHead(t("nav.health"), {
      actions: button(t("health.refresh"), { icon: "refresh", onClick: () => this.#load() }),
    });
    head.firstElementChild?.append(this.#age);
    fill(this, head, this.#verdict, this.#content);
    this.listen(connection, "change", () => connection.isOnline ? this.#load() : this.#showOffline());
    this.every(interval, () => document.visibilityState === "visible" && connection.isOnline && this.#load(true));
    this.#load();
  }

  /** @param {boolean} [automatic] nobody asked for it */
  async #load(automatic = false) {
    const slow = setTimeout(() => this.#hasFigures || fill(this.#content, loadingState(6)), 200);
    try {
      const [readiness, metrics] = await Promise.all([
        getText("/readyz", { signal: this.life, automatic }),
        getText("/metrics", { signal: this.life, automatic }),
      ]);
      const { status, checks } = JSON.parse(readiness.text);
      this.#show(status === "ok", checks, metrics.status === 200 ? new Figures(metrics.text) : null);
    } catch (error) {
      if (!this.life.aborted && !this.#hasFigures) fill(this.#content, errorState(error, () => this.#load()));
    } finally {
      clearTimeout(slow);
    }
  }

  #showOffline() {
    if (!this.#hasFigures) return;
    fill(this.#verdict, h("p", { class: "note warning" }, icon("unplugged"), h("span", null, t("health.offline"))));
  }

  /** @param {boolean} isReady @param {Record<string, string>} checks @param {Figures | null} figures null when there are none */
  #show(isReady, checks, figures) {
    this.#hasFigures = true;
    setText(this.#age, t("health.as_of", { time: formatTime(Date.now()), version: session.version }));
    fill(
      this.#verdict,
      h(
        "p",
        { class: `note ${isReady ? "success" : "danger"}` },
        icon(isReady ? "check" : "alert"),
        h("strong", null, t(isReady ? "health.ready" : "health.not_ready")),
      ),
    );
    fill(
      this.#content,
      panel({ title: t("health.checks") }, checkList(checks)),
      figures
        ? [
          panel({ title: t("health.server") }, definitions(serverRows(figures))),
          panel({ title: t("health.catalogue") }, definitions(catalogueRows(figures))),
          panel({ title: t("health.jobs") }, definitions(jobRows(figures))),
          panel({ title: t("health.requests"), text: t("health.requests_text") }, routeTable(figures)),
        ]
        : h("p", { class: "note warning" }, icon("alert"), h("span", null, t("health.no_figures"))),
    );
  }
}

/** @param {Record<string, string>} checks each `ok`, or what is wrong */
function checkList(checks) {
  return h(
    "ul",
    { class: "steps" },
    Object.entries(checks).map(([name, result]) => {
      const isFine = result === "ok";
      return h(
        "li",
        { class: `step ${isFine ? "passed" : "failed"}` },
        icon(isFine ? "check" : "close"),
        h(
          "div",
          null,
          h("strong", null, textIfKnown(`health.check_${name}`) ?? name.replaceAll("_", " ")),
          " ",
          isFine ? h("span", { class: "muted" }, t("health.fine")) : h("p", null, serverWords(result)),
        ),
      );
    }),
  );
}

/** @param {Rows} rows */
function definitions(rows) {
  return h(
    "dl",
    { class: "facts" },
    rows.map(([label, value]) => h("div", null, h("dt", null, label), h("dd", { class: "numeric" }, value))),
  );
}

/** @param {number | null} value @param {(value: number) => string} format */
function known(value, format) {
  return value === null ? "–" : format(value);
}

/** @param {Figures} figures @returns {Rows} */
function serverRows(figures) {
  const started = figures.sum("process_start_time_seconds");
  return [
    [t("health.version"), session.version],
    [t("health.uptime"), known(started, (seconds) => formatDuration(Date.now() / 1000 - seconds))],
    [t("health.since"), known(started, (seconds) => formatDateTime(seconds * 1000))],
    [t("health.memory"), known(figures.sum("process_resident_memory_bytes"), formatBytes)],
    [t("health.connections"), known(figures.sum("fileroom_http_connections"), formatNumber)],
    [t("health.streams"), known(figures.sum("fileroom_event_streams"), formatNumber)],
    [t("health.failures"), known(serverErrors(figures), formatNumber)],
  ];
}

/** @param {Figures} figures */
function serverErrors(figures) {
  const all = figures.all(requests);
  if (all.length === 0) return null;
  return all.filter(({ labels }) => labels.status?.startsWith("5")).reduce((sum, { value }) => sum + value, 0);
}

/** @param {Figures} figures @returns {Rows} */
function catalogueRows(figures) {
  const rows = "fileroom_catalogue_rows";
  return [
    [t("health.patients"), known(figures.sum(rows, { kind: "patient" }), formatNumber)],
    [t("health.studies"), known(figures.sum(rows, { kind: "study" }), formatNumber)],
    [t("health.series"), known(figures.sum(rows, { kind: "series" }), formatNumber)],
    ...figures.all("fileroom_database_bytes").map((
      { labels, value },
    ) => /** @type {[string, string]} */ ([
      textIfKnown(`health.file_${labels.file}`) ?? labels.file ?? "",
      formatBytes(value),
    ])),
  ];
}

/** @param {Figures} figures @returns {Rows} */
function jobRows(figures) {
  /** @type {import("../lib/index-types.js").JobState[]} */
  const states = ["running", "paused", "completed", "failed", "cancelled"];
  const errors = figures.sum("fileroom_index_errors");
  return [
    ...states.map((
      state,
    ) => /** @type {[string, string]} */ ([
      t(`job.state.${state}`),
      known(figures.sum("fileroom_jobs", { state }), formatNumber),
    ])),
    [
      t("health.index_rate"),
      t("job.rate", {
        rate: formatNumber(figures.sum("fileroom_index_files_per_second") ?? 0, { maximumFractionDigits: 0 }),
      }),
    ],
    [t("job.errors"), formatNumber(errors ?? 0)],
  ];
}

/** The busiest routes. @param {Figures} figures */
function routeTable(figures) {
  const counts = figures.all(`${duration}_count`).filter(({ value }) => value > 0).sort((one, other) =>
    other.value - one.value
  );
  if (counts.length === 0) return h("p", { class: "muted" }, t("health.no_requests"));
  return h(
    "div",
    { class: "table-holder" },
    h(
      "table",
      { class: "table" },
      h("caption", { class: "visually-hidden" }, t("health.requests")),
      h(
        "thead",
        null,
        h(
          "tr",
          null,
          [t("health.route"), t("health.count"), t("health.average"), t("health.slow"), t("health.failures")].map((
            label,
            index,
          ) => h("th", { scope: "col", class: index > 0 ? "end" : null }, label)),
        ),
      ),
      h(
        "tbody",
        null,
        counts.slice(0, 20).map((sample) => routeRow(figures, sample)),
      ),
    ),
  );
}

/**
 * @param {Figures} figures
 * @param {import("../lib/prometheus.js").Sample} sample how many requests
 */
function routeRow(figures, { labels, value }) {
  const sum = figures.sum(`${duration}_sum`, labels) ?? 0;
  const failed = figures.all(requests).filter((sample) =>
    sample.labels.route === labels.route && sample.labels.method === labels.method &&
    Number(sample.labels.status) >= 500
  );
  /** @type {[string, string][]} */
  const cells = [
    [t("health.count"), formatNumber(value)],
    [t("health.average"), milliseconds(sum / value)],
    [t("health.slow"), quantile(figures, labels, 0.99)],
    [t("health.failures"), formatNumber(failed.reduce((total, one) => total + one.value, 0))],
  ];
  return h(
    "tr",
    null,
    h("th", { scope: "row", class: "main mono" }, `${labels.method} ${labels.route}`),
    cells.map(([label, text]) => h("td", { class: "end", dataset: { label } }, text)),
  );
}

/** @param {number} seconds */
function milliseconds(seconds) {
  const value = seconds * 1000;
  return t("health.milliseconds", { time: formatNumber(value, { maximumFractionDigits: value < 10 ? 1 : 0 }) });
}

/**
 * Below which time this part of the requests was answered, as a histogram's buckets tell.
 * @param {Figures} figures
 * @param {Record<string, string>} labels
 * @param {number} part
 */
function quantile(figures, labels, part) {
  const buckets = figures.all(`${duration}_bucket`).filter((sample) =>
    sample.labels.route === labels.route && sample.labels.method === labels.method
  ).map((sample) => ({ bound: sample.labels.le === "+Inf" ? Infinity : Number(sample.labels.le), count: sample.value }))
    .sort((one, other) => one.bound - other.bound);
  const total = buckets.at(-1)?.count ?? 0;
  const bound = buckets.find(({ count }) => count >= total * part)?.bound;
  if (bound === undefined) return "–";
  if (bound === Infinity) return t("health.more_than", { time: milliseconds(buckets.at(-2)?.bound ?? 0) });
  return t("health.less_than", { time: milliseconds(bound) });
}

customElements.define(tag, HealthPage);
