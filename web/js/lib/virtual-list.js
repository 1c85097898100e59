/**
 * A long list of which only the rows in sight, and a few around them, are in the page. Rows may have different heights, by kind; the
 * row that has the focus always stays, wherever one scrolls.
 */

import { keepInStep } from "./dom.js";

/** How far beyond what is in sight rows are kept, in pixels. */
const margin = 400;

/**
 * @template Row
 */
export class VirtualList {
  /** @type {readonly Row[]} */
  #rows = [];
  /** Where each row begins, and where the last one ends, in pixels. */
  #tops = new Float64Array(1);
  /** @type {Map<string | number, number>} */
  #indexOf = new Map();
  #isWaiting = false;
  /** @type {string | number | null} */
  #pinned = null;

  /**
   * @param {HTMLElement} viewport scrolls
   * @param {HTMLElement} canvas inside it; becomes as high as all rows
   * @param {{
   *   key: (row: Row) => string | number,
   *   height: (row: Row) => number,
   *   create: (row: Row) => HTMLElement,
   *   update: (element: HTMLElement, row: Row, index: number) => void,
   *   nearEnd?: () => void,
   * }} by `nearEnd` is called when the end comes into sight
   * @param {AbortSignal} signal
   */
  constructor(viewport, canvas, by, signal) {
    this.viewport = viewport;
    this.canvas = canvas;
    this.by = by;
    viewport.addEventListener("scroll", () => this.#soon(), { passive: true, signal });
    const resize = new ResizeObserver(() => this.#soon());
    resize.observe(viewport);
    signal.addEventListener("abort", () => resize.disconnect());
  }

  get rows() {
    return this.#rows;
  }

  /** @param {readonly Row[]} rows */
  setRows(rows) {
    this.#rows = rows;
    this.#tops = new Float64Array(rows.length + 1);
    this.#indexOf = new Map();
    let top = 0;
    rows.forEach((row, index) => {
      this.#tops[index] = top;
      this.#indexOf.set(this.by.key(row), index);
      top += this.by.height(row);
    });
    this.#tops[rows.length] = top;
    this.canvas.style.setProperty("height", `${top}px`);
    this.draw();
  }

  /**
   * Keeps a row in the page wherever one scrolls.
   * @param {string | number | null} key
   */
  pin(key) {
    this.#pinned = key;
  }

  /** @param {string | number} key @returns {number} -1 when there is none */
  indexOf(key) {
    return this.#indexOf.get(key) ?? -1;
  }

  /** How many rows of the height of this one are in sight. @param {number} index */
  pageSize(index) {
    const row = this.#rows[index];
    return row === undefined ? 1 : Math.max(1, Math.floor(this.#visibleHeight() / this.by.height(row)) - 1);
  }

  /** Scrolls as little as needed for a row to be in sight. @param {number} index */
  reveal(index) {
    const [top, bottom] = [this.#tops[index] ?? 0, this.#tops[index + 1] ?? 0];
    const { viewport } = this;
    if (top < viewport.scrollTop) viewport.scrollTop = top;
    else if (bottom > viewport.scrollTop + this.#visibleHeight()) viewport.scrollTop = bottom - this.#visibleHeight();
    this.draw();
  }

  /** @param {string | number} key @returns {HTMLElement | null} */
  elementOf(key) {
    for (const child of this.canvas.children) {
      if (/** @type {HTMLElement} */ (child).dataset.key === String(key)) return /** @type {HTMLElement} */ (child);
    }
    return null;
  }

  /** Brings the page in step with the rows and the place. */
  draw() {
    const first = this.#rowAt(this.viewport.scrollTop - margin);
    const last = this.#rowAt(this.viewport.scrollTop + this.viewport.clientHeight + margin);
    const indices = [];
    for (let index = first; index <= last && index < this.#rows.length; index += 1) indices.push(index);
    const pinned = this.#pinned === null ? -1 : this.indexOf(this.#pinned);
    if (pinned >= 0 && pinned < first) indices.unshift(pinned);
    if (pinned > last) indices.push(pinned);
    keepInStep(this.canvas, indices, {
      key: (index) => this.by.key(/** @type {Row} */ (this.#rows[index])),
      create: (index) => {
        const row = /** @type {Row} */ (this.#rows[index]);
        const element = this.by.create(row);
        element.dataset.key = String(this.by.key(row));
        return element;
      },
      update: (element, index) => {
        element.style.setProperty("transform", `translateY(${this.#tops[index]}px)`);
        this.by.update(element, /** @type {Row} */ (this.#rows[index]), index);
      },
    });
    if (last >= this.#rows.length - 1) this.by.nearEnd?.();
  }

  /** What is above the canvas, such as a header that stays, covers a part of the viewport. */
  #visibleHeight() {
    return this.viewport.clientHeight - this.canvas.offsetTop;
  }

  #soon() {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    requestAnimationFrame(() => {
      this.#isWaiting = false;
      this.draw();
    });
  }

  /** The row at a place, the nearest one beyond the ends. @param {number} place */
  #rowAt(place) {
    let [low, high] = [0, Math.max(0, this.#rows.length - 1)];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#tops[middle] ?? 0) <= place) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
