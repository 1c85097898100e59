import { pageHead } from "../components/bits.js";
import { button } from "../components/button.js";
import { startJob } from "../components/job-actions.js";
import { SourceCard } from "../components/source-card.js";
import { sourceDialog } from "../components/source-form.js";
import { emptyState, errorSentence, errorState, loadingState } from "../components/states.js";
import { announce, toast } from "../components/toast.js";
import { api } from "../lib/api.js";
import { connection } from "../lib/connection.js";
import { fill, h, keepInStep, setText } from "../lib/dom.js";
import { Page } from "../lib/element.js";
import { serverEvents } from "../lib/events.js";
import { formatTime, t } from "../lib/i18n.js";
import { liveIndex } from "../lib/live-index.js";

export const tag = "fr-sources";

/** @typedef {import("../lib/index-types.js").Source} Source */
/** @typedef {import("../lib/index-types.js").Job} Job */

class SourcesPage extends Page {
  /** @type {Source[] | null} */
  #sources = null;
  #list = h("div", { class: "source-list" });
  #state = h("div");
  #summary = h("p", { class: "muted numeric" });
  #age = h("p", { class: "stale-note", role: "status" });
  /** @type {WeakMap<HTMLElement, SourceCard>} */
  #cards = new WeakMap();
  /** Each job's state as it was last heard, to notice when one ends. @type {Map<number, string>} */
  #states = new Map();
  #isLoading = false;

  /** @override */
  build() {
    const head = pageHead(t("nav.sources"), {
      actions: button(t("source.add"), { kind: "primary", icon: "plus", onClick: () => void this.#add() }),
    });
    head.firstElementChild?.append(this.#summary);
    fill(this, head, this.#age, this.#state, this.#list);
    liveIndex.subscribe((status) => this.#hear(status), this.life);
    this.listen(connection, "change", () => connection.isOnline ? this.#load() : this.#show());
    this.listen(serverEvents, "live", () => this.#show());
    // Relative times and the next runs of schedules.
    this.every(60_000, () => document.visibilityState === "visible" && connection.isOnline && this.#load(true));
    this.#load();
  }

  /** @param {boolean} [automatic] nobody asked for it */
  async #load(automatic = false) {
    if (this.#isLoading) return;
    this.#isLoading = true;
    const slow = setTimeout(() => this.#sources ?? fill(this.#state, loadingState(6)), 200);
    try {
      const { sources } = await api.get("/api/sources", { signal: this.life, automatic });
      this.#sources = sources;
      fill(this.#state);
    } catch (error) {
      if (this.life.aborted) return;
      // What is known is better than nothing; the connection's bar says what is wrong.
      if (!this.#sources) fill(this.#state, errorState(error, () => this.#load()));
    } finally {
      clearTimeout(slow);
      this.#isLoading = false;
    }
    this.#show();
  }

  /** @param {import("../lib/index-types.js").IndexStatus} status */
  #hear(status) {
    let hasChanged = false;
    for (const job of status.jobs) {
      const before = this.#states.get(job.id);
      this.#states.set(job.id, job.state);
      if (before === job.state) continue;
      const isKnown = this.#sources?.some((source) => source.name === job.source) ?? true;
      if (before !== undefined || !isKnown) hasChanged = true;
      if (before === "running") announce(t("job.now", { source: job.source, state: t(`job.state.${job.state}`) }));
    }
    // Counts, the next run, and what else the stream does not tell.
    if (hasChanged) this.#load(true);
    this.#show();
  }

  #show() {
    const sources = this.#sources;
    if (!sources) return;
    const isFresh = connection.isOnline && serverEvents.isLive;
    const updated = liveIndex.status?.last_updated;
    setText(this.#age, !isFresh && updated ? t("source.stale", { time: formatTime(updated) }) : "");
    this.#age.hidden = isFresh || !updated;
    const series = liveIndex.status?.series_count ?? sources.reduce((sum, source) => sum + source.series_count, 0);
    setText(
      this.#summary,
      sources.length === 0
        ? t("source.page_text")
        : `${t("source.count", { count: sources.length })} · ${t("source.series_count", { count: series })}`,
    );
    if (sources.length === 0) fill(this.#state, this.#empty());
    else if (this.#state.querySelector(".state:not(.error)")) fill(this.#state);
    keepInStep(this.#list, sources, {
      key: (source) => source.id,
      create: () => {
        const card = new SourceCard(() => this.#load());
        this.#cards.set(card.element, card);
        return card.element;
      },
      update: (element, source) => this.#cards.get(element)?.update(source, newest(source), isFresh),
    });
  }

  #empty() {
    return emptyState({
      icon: "server",
      title: t("source.empty_title"),
      text: t("source.empty_text"),
      actions: [button(t("source.add"), { kind: "primary", icon: "plus", onClick: () => void this.#add() })],
    });
  }

  async #add() {
    const source = await sourceDialog(null);
    if (!source) return;
    await this.#load();
    toast(t("source.added", { source: source.name }), {
      kind: "success",
      action: {
        label: t("source.start_now"),
        run: () =>
          startJob(source.name).then(() => this.#load(), (error) => toast(errorSentence(error), { kind: "error" })),
      },
    });
  }
}

/**
 * A source's newest job: the stream knows more of those that it has, the list knows older ones.
 * @param {Source} source
 * @returns {Job | null}
 */
function newest(source) {
  const live = liveIndex.jobOf(source.name);
  const listed = source.last_job;
  return live && (!listed || live.id >= listed.id) ? live : listed;
}

customElements.define(tag, SourcesPage);
