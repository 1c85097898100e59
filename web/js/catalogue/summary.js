/**
 * One line about the results: how many, and whether the catalogue is growing.
 */

import { button } from "../components/button.js";
import { fill, h, setText } from "../lib/dom.js";
import { formatNumber, t } from "../lib/i18n.js";

/** What the event stream says to everybody. @typedef {{ running: boolean, series_count: number, study_count?: number }} Status */

/** Milliseconds. */
const refreshPause = 1_500;

export class Summary {
  #count = h("span", { role: "status" });
  #growth = h("span", { class: "growth" });
  element = h("div", { class: "summary" }, this.#count, this.#growth);
  /** @type {Status | null} */
  #status = null;
  /** How many studies the catalogue had when the results were asked for. @type {number | undefined} */
  #before;
  /** @type {unknown} */
  #query = null;
  /** What is shown about growth, so that the button is not made again for each event. */
  #shown = "";
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #soon;

  /**
   * @param {import("./results.js").Results} results
   * @param {() => void} refresh
   * @param {AbortSignal} signal
   */
  constructor(results, refresh, signal) {
    signal.addEventListener("abort", () => clearTimeout(this.#soon));
    this.results = results;
    this.refresh = refresh;
  }

  /** @param {Status} status */
  status(status) {
    this.#status = status;
    this.#before ??= status.study_count;
    this.#showGrowth();
  }

  show() {
    const { state, studies, cursor, query } = this.results;
    if (state === "loading" && query !== this.#query) {
      this.#query = query;
      this.#before = this.#status?.study_count;
    }
    if (state === "ready") {
      const values = { count: studies.length };
      setText(this.#count, studies.length === 0 ? "" : t(cursor ? "catalogue.count_more" : "catalogue.count", values));
    } else if (state === "failed") setText(this.#count, "");
    this.#showGrowth();
  }

  #refresh() {
    this.#before = this.#status?.study_count;
    this.refresh();
  }

  /** Where nothing was found nobody loses their place: what arrives is shown by itself, now and then while much arrives. */
  #refreshSoon() {
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined;
      if (this.results.state === "ready" && this.results.studies.length === 0) this.#refresh();
    }, refreshPause);
  }

  #showGrowth() {
    const status = this.#status;
    const fresh = (status?.study_count ?? 0) - (this.#before ?? status?.study_count ?? 0);
    if (fresh > 0 && this.results.state === "ready" && this.results.studies.length === 0) return this.#refreshSoon();
    const shown = `${status?.running} ${fresh > 0}`;
    if (shown !== this.#shown) {
      this.#shown = shown;
      fill(
        this.#growth,
        status?.running &&
          h(
            "span",
            { class: "live" },
            h("span", { class: "live-dot", "aria-hidden": "true" }),
            t("catalogue.indexing"),
          ),
        fresh > 0 && button(t("catalogue.refresh"), {
          kind: "quiet",
          icon: "refresh",
          onClick: () => this.#refresh(),
        }),
      );
    }
    const total = status?.study_count;
    this.element.title = total === undefined
      ? ""
      : t("catalogue.total", { count: total, series: formatNumber(status?.series_count ?? 0) });
  }
}
