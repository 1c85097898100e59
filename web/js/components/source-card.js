/**
 * A source in the list: what it is, how it stands, what can be done with it.
 */

import { fill, h, uniqueID } from "../lib/dom.js";
import { formatNumber, formatTime, t } from "../lib/i18n.js";
import { isActive } from "../lib/index-types.js";
import { badge, time } from "./bits.js";
import { button, linkButton } from "./button.js";
import { icon } from "./icon.js";
import { causeText, scheduleText, serverWords, stateBadge } from "./index-words.js";
import { actionButton, heldFiles, heldNotice, jobButtons, startJob } from "./job-actions.js";
import { JobProgress } from "./job-progress.js";
import { popover } from "./popover.js";
import { showKnownTest, sourceMenu } from "./source-menu.js";

/** @typedef {import("../lib/index-types.js").Source} Source */
/** @typedef {import("../lib/index-types.js").Job} Job */

export class SourceCard {
  #changed;
  #name = uniqueID("source");
  #title = h("h2", { id: this.#name, tabindex: "-1" });
  #badges = h("span", { class: "source-badges" });
  #place = h("p", { class: "source-place mono muted" });
  #actions = h("div", { class: "panel-actions" });
  #progressHolder = h("div", { class: "source-progress" });
  #facts = h("dl", { class: "facts" });
  #notices = h("div", { class: "notices" });
  #test = h("div", { class: "source-test" });
  #metrics = h("div", { class: "source-test" });
  /** @type {JobProgress | null} */
  #progress = null;
  /** What each part shows, so that only what changed is made anew. @type {Map<Element, string>} */
  #shown = new Map();
  element = h(
    "article",
    { class: "panel source", "aria-labelledby": this.#name },
    h(
      "div",
      { class: "panel-head" },
      h("div", { class: "source-title" }, h("div", { class: "source-name" }, this.#title, this.#badges), this.#place),
      this.#actions,
    ),
    this.#progressHolder,
    this.#notices,
    this.#facts,
    this.#test,
    this.#metrics,
  );

  /** @param {() => void} changed called when something was done that changes the list */
  constructor(changed) {
    this.#changed = changed;
  }

  /**
   * @param {Source} source
   * @param {Job | null} job its newest
   * @param {boolean} isFresh whether the figures are the server's of now
   */
  update(source, job, isFresh) {
    if (!this.#shown.has(this.#title)) showKnownTest(source, this.#test);
    this.#render(this.#title, source.name, () => [source.name]);
    this.#render(this.#place, source.url, () => [source.url]);
    this.#render(this.#badges, [job?.state, source.origin, source.is_enabled], () => badges(source, job));
    const canStart = !job || !isActive(job);
    this.#render(this.#actions, [source, job?.id, job?.state, canStart], () => this.#buttons(source, job));
    if (job && isActive(job)) {
      if (!this.#progress) {
        this.#progress = new JobProgress({ isCompact: true });
        fill(
          this.#progressHolder,
          this.#progress.element,
          h("p", { class: "source-more" }, h("a", { href: `/jobs?job=${job.id}` }, t("source.watch_job"))),
        );
      }
      this.#progress.update(job, { isFresh });
    } else if (this.#progress) {
      this.#progress = null;
      fill(this.#progressHolder);
    }
    this.#render(
      this.#notices,
      [source.name, job?.id, job?.state, job && heldFiles(job), job?.message, job?.retry_at],
      () => this.#noticesOf(job),
    );
    // Relative times age.
    const minute = Math.floor(Date.now() / 60_000);
    this.#render(this.#facts, [source, job?.state, job?.errors, minute], () => facts(source, job));
  }

  /** @param {Element} part @param {unknown} state @param {() => import("../lib/dom.js").Child[]} make */
  #render(part, state, make) {
    const text = JSON.stringify(state);
    if (this.#shown.get(part) === text) return;
    this.#shown.set(part, text);
    const hadFocus = part.contains(document.activeElement);
    fill(part, ...make());
    // A button that made way for another must not lose the keyboard.
    if (hadFocus) (part.querySelector("button") ?? this.#title).focus();
  }

  /** @param {Source} source @param {Job | null} job */
  #buttons(source, job) {
    const more = button(t("source.more"), {
      kind: "quiet",
      icon: "more",
      iconOnly: true,
      attributes: { "aria-label": `${t("source.more")}: ${source.name}` },
    });
    const menu = popover(more, {
      label: t("source.more"),
      align: "end",
      content: (close) =>
        sourceMenu(source, job, { close, changed: this.#changed, test: this.#test, metrics: this.#metrics }),
    });
    return [
      ...(job ? jobButtons(job, this.#changed) : []),
      (!job || !isActive(job)) && job?.state !== "paused" && source.is_enabled &&
      actionButton(t("job.start"), () => startJob(source.name), {
        kind: "primary",
        icon: "play",
        about: source.name,
        after: this.#changed,
      }),
      h("div", { class: "menu" }, more, menu),
    ];
  }

  /** @param {Job | null} job */
  #noticesOf(job) {
    if (!job) return [];
    return [
      job.state === "failed" && h(
        "div",
        { class: "note danger" },
        icon("alert"),
        h(
          "div",
          null,
          h("strong", null, t("source.failed")),
          " ",
          serverWords(job.message || causeText(job.error_type ?? "")),
          job.retry_at && [" ", t("source.retry_at", { time: formatTime(job.retry_at) })],
        ),
      ),
      heldNotice(job, this.#changed, linkButton(t("held.scan_again"), `/jobs?job=${job.id}`, { kind: "quiet" })),
    ];
  }
}

/** @param {Source} source @param {Job | null} job */
function badges(source, job) {
  return [
    job ? stateBadge(job.state) : badge(t("source.never_read")),
    !source.is_enabled && badge(t("source.disabled"), { kind: "warning", icon: "minus" }),
    source.origin === "config" && badge(t("source.origin_config"), { title: t("source.origin_config_hint") }),
    source.origin === "catalogue" && badge(t("source.origin_catalogue"), { title: t("source.origin_catalogue_hint") }),
  ];
}

/** @param {Source} source @param {Job | null} job */
function facts(source, job) {
  /** @type {[string, import("../lib/dom.js").Child][]} */
  const rows = [
    [t("source.series"), h("span", { class: "numeric" }, formatNumber(source.series_count))],
    [t("source.files"), h("span", { class: "numeric" }, formatNumber(source.file_count))],
    [
      t("source.last_run"),
      job ? h("a", { href: `/jobs?job=${job.id}` }, time(job.started_at, { relative: true })) : "–",
    ],
    [
      t("source.errors"),
      job && job.errors > 0
        ? h("a", { href: `/jobs?job=${job.id}`, class: "danger-text numeric" }, formatNumber(job.errors))
        : job
        ? t("source.no_errors")
        : "–",
    ],
    [t("schedule.label"), scheduleText(source.schedule)],
  ];
  if (source.next_run_at) rows.push([t("source.next_run"), time(source.next_run_at, { relative: true })]);
  if (source.watch) rows.push([t("source.watching"), t("source.watching_on")]);
  return rows.map(([label, value]) => h("div", null, h("dt", null, label), h("dd", null, value)));
}
