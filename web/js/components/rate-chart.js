/**
 * How fast a job goes: files per second over the last minutes, as an area with a line.
 */

import { h, setText, svg } from "../lib/dom.js";
import { formatNumber, t } from "../lib/i18n.js";
import { rateSpan } from "../lib/live-index.js";

/** @typedef {import("../lib/live-index.js").RatePoint} RatePoint */

const width = 600;
const height = 120;

export class RateChart {
  #area = svg("path", { class: "chart-area" });
  #line = svg("path", { class: "chart-line" });
  /** A line without length has round ends: a dot that stays round however the drawing is stretched. */
  #dot = svg("path", { class: "chart-dot" });
  #top = h("span", { class: "chart-top numeric", "aria-hidden": "true" });
  #from = h("span");
  #drawing = svg(
    "svg",
    { class: "chart-drawing", viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", role: "img" },
    [0.25, 0.5, 0.75].map((part) =>
      svg("line", { class: "chart-grid", x1: 0, x2: width, y1: height * part, y2: height * part })
    ),
    this.#area,
    this.#line,
    this.#dot,
  );
  element = h(
    "figure",
    { class: "chart" },
    this.#drawing,
    this.#top,
    h(
      "figcaption",
      { class: "chart-axis" },
      this.#from,
      h("span", null, t("job.chart_now")),
    ),
  );

  /**
   * @param {readonly RatePoint[]} points
   * @param {number} [now] milliseconds
   */
  update(points, now = Date.now()) {
    this.element.hidden = points.length === 0;
    const most = niceCeiling(Math.max(1, ...points.map(({ rate }) => rate)));
    const minutes = Math.min(rateSpan, Math.ceil((now - (points[0]?.time ?? now)) / 60_000) * 60_000) / 60_000 || 1;
    const x = (/** @type {number} */ time) => (width * (1 - (now - time) / (minutes * 60_000))).toFixed(1);
    const y = (/** @type {number} */ rate) => (height - 4 - (rate / most) * (height - 12)).toFixed(1);
    const shown = points.filter(({ time }) => now - time <= rateSpan);
    const path = shown.map(({ time, rate }, index) => `${index ? "L" : "M"}${x(time)} ${y(rate)}`).join("");
    const [first, last] = [shown[0], shown.at(-1)];
    this.#line.setAttribute("d", path);
    this.#area.setAttribute("d", first && last ? `${path}L${x(last.time)} ${height}L${x(first.time)} ${height}Z` : "");
    this.#dot.setAttribute("d", last ? `M${x(last.time)} ${y(last.rate)}h0` : "");
    setText(this.#top, t("job.rate", { rate: formatNumber(most) }));
    setText(this.#from, t("job.chart_from", { count: minutes }));
    const current = formatNumber(last?.rate ?? 0, { maximumFractionDigits: 0 });
    this.#drawing.setAttribute("aria-label", t("job.chart_label", { rate: current, count: minutes }));
  }
}

/** The next round number: 1, 2 or 5 times a power of ten. @param {number} value */
function niceCeiling(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= value) ?? value;
}
