/**
 * One line about the results: how many, and whether the catalogue is growing.
 */

import { button } from "../components/button.js";
import { fill, h, setText } from "../lib/dom.js";
import { formatNumber, t } from "../lib/i18n.js";

/** What the event stream says to everybody. @typedef {{ running: boolean, series_count: number, study_count?: number }} Status */

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

  /**
   * @param {import("./results.js").Results} results
   * @param {() => void} refresh
   */
  constructor(results, refresh) {
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

  #showGrowth() {
    const status = this.#status;
    const fresh = (status?.study_count ?? 0) - (this.#before ?? status?.study_count ?? 0);
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
          onClick: () => {
            this.#before = this.#status?.study_count;
            this.refresh();
          },
        }),
      );
    }
    const total = status?.study_count;
    this.element.title = total === undefined
      ? ""
      : t("catalogue.total", { count: total, series: formatNumber(status?.series_count ?? 0) });
  }
}
