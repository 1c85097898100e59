import { pageHead, time } from "../components/bits.js";
import { button } from "../components/button.js";
import { stateBadge } from "../components/index-words.js";
import { jobButtons } from "../components/job-actions.js";
import { JobDetail } from "../components/job-detail.js";
import { JobProgress } from "../components/job-progress.js";
import { emptyState, errorState, loadingState } from "../components/states.js";
import { table } from "../components/table.js";
import { api } from "../lib/api.js";
import { connection } from "../lib/connection.js";
import { fill, h, keepInStep, setText } from "../lib/dom.js";
import { Page } from "../lib/element.js";
import { serverEvents } from "../lib/events.js";
import { formatDuration, formatNumber, formatTime, t } from "../lib/i18n.js";
import { isActive } from "../lib/index-types.js";
import { liveIndex } from "../lib/live-index.js";
import { router } from "../lib/router.js";

export const tag = "fr-jobs";

/** @typedef {import("../lib/index-types.js").Job} Job */
/** @typedef {import("../lib/index-types.js").JobState} JobState */

/** @type {JobState[]} */
const states = ["running", "paused", "completed", "failed", "cancelled"];
const pageLength = 50;

class JobsPage extends Page {
  #active = h("div", { class: "job-list" });
  #history = h("div");
  #filters = h("div", { class: "filters", role: "group", "aria-label": t("job.filter") });
  #age = h("p", { class: "stale-note", role: "status" });
  /** @type {WeakMap<HTMLElement, ActiveJob>} */
  #cards = new WeakMap();
  /** @type {JobDetail | null} */
  #detail = null;
  /** @type {Job[]} */
  #jobs = [];
  /** @type {string | null} */
  #cursor = null;
  #table = historyTable();
  /** Ids and states of what runs; the history is asked for again when they change. */
  #known = "";

  /** @override */
  build() {
    liveIndex.subscribe(() => this.#hear(), this.life);
    this.listen(connection, "change", () => connection.isOnline ? this.#catchUp() : this.#showActive());
    this.listen(serverEvents, "live", () => this.#showActive());
    this.queryChanged(this.query);
  }

  /** @override @param {URLSearchParams} query */
  queryChanged(query) {
    this.query = query;
    const job = Number(query.get("job"));
    this.#detail?.end();
    this.#detail = null;
    if (Number.isInteger(job) && job > 0) {
      this.#detail = new JobDetail(job, this.life);
      fill(this, this.#detail.element);
      return;
    }
    fill(
      this,
      pageHead(t("nav.jobs"), { text: t("job.page_text") }),
      this.#age,
      this.#active,
      h(
        "section",
        { class: "panel" },
        h("div", { class: "panel-head" }, h("h2", null, t("job.history")), this.#filters),
        this.#history,
      ),
    );
    this.#showActive();
    this.#showFilters();
    this.#load();
  }

  #hear() {
    if (this.#detail) return this.#detail.hear();
    this.#showActive();
    this.#showRows();
    const known = liveIndex.status?.jobs.map(({ id, state }) => `${id}${state}`).join() ?? "";
    if (this.#known !== "" && known !== this.#known) this.#load();
    this.#known = known;
  }

  #catchUp() {
    if (this.#detail) this.#detail.load();
    else this.#load();
  }

  #showActive() {
    if (this.#detail) return this.#detail.hear();
    const isFresh = connection.isOnline && serverEvents.isLive;
    const updated = liveIndex.status?.last_updated;
    this.#age.hidden = isFresh || !updated;
    setText(this.#age, updated && !isFresh ? t("source.stale", { time: formatTime(updated) }) : "");
    keepInStep(this.#active, liveIndex.status?.jobs.filter(isActive) ?? [], {
      key: (job) => job.id,
      create: () => {
        const card = new ActiveJob(() => this.#load());
        this.#cards.set(card.element, card);
        return card.element;
      },
      update: (element, job) => this.#cards.get(element)?.update(job, isFresh),
    });
  }

  async #load() {
    const slow = setTimeout(() => this.#jobs.length > 0 || fill(this.#history, loadingState(4)), 200);
    try {
      const { jobs, cursor } = await this.#ask(null);
      [this.#jobs, this.#cursor] = [jobs, cursor];
      this.#showHistory();
    } catch (error) {
      if (!this.life.aborted && this.#jobs.length === 0) fill(this.#history, errorState(error, () => this.#load()));
    } finally {
      clearTimeout(slow);
    }
  }

  /** @param {string | null} after */
  #ask(after) {
    const { source, state } = Object.fromEntries(this.query);
    return api.get("/api/index/jobs", { query: { source, state, limit: pageLength, after }, signal: this.life });
  }

  #showHistory() {
    if (this.#jobs.length === 0) {
      const isFiltered = this.query.has("source") || this.query.has("state");
      fill(
        this.#history,
        emptyState({
          icon: "clock",
          title: t(isFiltered ? "job.none_found" : "job.none_yet"),
          text: t(isFiltered ? "job.none_found_text" : "job.none_yet_text"),
          actions: [isFiltered && button(t("job.show_all"), { onClick: () => router.go("/jobs") })],
        }),
      );
      return;
    }
    this.#showRows();
    fill(
      this.#history,
      this.#table.element,
      this.#cursor && h(
        "div",
        { class: "more" },
        button(t("admin.more"), {
          onClick: async () => {
            const { jobs, cursor } = await this.#ask(this.#cursor);
            this.#jobs.push(...jobs);
            this.#cursor = cursor;
            this.#showHistory();
          },
        }),
      ),
    );
  }

  /** Jobs at work with the figures of now. */
  #showRows() {
    this.#table.update(this.#jobs.map((job) => ({ ...job, ...liveIndex.job(job.id) })));
  }

  #showFilters() {
    const source = this.query.get("source");
    fill(
      this.#filters,
      source && button(t("job.only_source", { source }), {
        icon: "close",
        attributes: { "aria-label": t("job.remove_filter", { source }) },
        onClick: () => this.#filter("source", null),
      }),
      h(
        "select",
        {
          class: "input",
          "aria-label": t("job.state"),
          on: { change: (event) => this.#filter("state", event.target.value) },
        },
        h("option", { value: "" }, t("job.any_state")),
        states.map((state) =>
          h("option", { value: state, selected: this.query.get("state") === state }, t(`job.state.${state}`))
        ),
      ),
    );
  }

  /** @param {string} name @param {string | null} value */
  #filter(name, value) {
    if (value) this.query.set(name, value);
    else this.query.delete(name);
    router.setQuery(this.query);
    this.#showFilters();
    this.#load();
  }
}

function historyTable() {
  return table({
    caption: t("job.history"),
    rows: /** @type {Job[]} */ ([]),
    key: (job) => job.id,
    columns: [
      { label: t("job.source"), kind: "main", cell: (job) => h("a", { href: `/jobs?job=${job.id}` }, job.source) },
      { label: t("job.state"), cell: (job) => stateBadge(job.state) },
      { label: t("job.started"), cell: (job) => time(job.started_at) },
      { label: t("job.elapsed"), align: "end", cell: (job) => formatDuration(job.elapsed_seconds) },
      { label: t("job.files"), align: "end", cell: (job) => formatNumber(job.files_processed) },
      { label: t("job.opened"), align: "end", cell: (job) => formatNumber(job.files_opened) },
      {
        label: t("job.errors"),
        align: "end",
        cell: (job) => h("span", { class: job.errors > 0 ? "danger-text" : null }, formatNumber(job.errors)),
      },
    ],
  });
}

/** A job at work, with its buttons. */
class ActiveJob {
  #changed;
  #title = h("h2", null);
  #badge = h("span");
  #actions = h("div", { class: "panel-actions" });
  #progress = new JobProgress();
  #state = "";
  element = h(
    "article",
    { class: "panel" },
    h("div", { class: "panel-head" }, h("div", { class: "source-name" }, this.#title, this.#badge), this.#actions),
    this.#progress.element,
  );

  /** @param {() => void} changed */
  constructor(changed) {
    this.#changed = changed;
  }

  /** @param {Job} job @param {boolean} isFresh */
  update(job, isFresh) {
    if (this.#state !== job.state) {
      this.#state = job.state;
      const hadFocus = this.#actions.contains(document.activeElement);
      fill(this.#title, h("a", { href: `/jobs?job=${job.id}` }, job.source));
      fill(this.#badge, stateBadge(job.state));
      fill(this.#actions, jobButtons(job, this.#changed));
      if (hadFocus) this.#actions.querySelector("button")?.focus();
    }
    this.#progress.update(job, { isFresh });
  }
}

customElements.define(tag, JobsPage);
