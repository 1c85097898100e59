/**
 * The results as a tree that is moved through with the keyboard: a treegrid.
 *
 * Source: WAI-ARIA Authoring Practices, treegrid with the focus on rows.
 */

import { copyText } from "../components/bits.js";
import { h } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { VirtualList } from "../lib/virtual-list.js";
import { canOpen, isEntry, uidOf } from "./results.js";
import { createRow, headerRow, updateRow } from "./rows.js";

/** @typedef {import("./results.js").Results} Results */
/** @typedef {import("./results.js").Entry} Entry */
/** @typedef {import("./results.js").Row} Row */

const rowKinds = ["study", "series", "instance", "remark"];

export class ResultTree {
  canvas = h("div", { class: "canvas", role: "rowgroup" });
  header = headerRow();
  element = h(
    "div",
    {
      class: "results",
      role: "treegrid",
      "aria-label": t("catalogue.results"),
      "aria-rowcount": "-1",
      "aria-multiselectable": "true",
    },
    h("div", { class: "results-head", role: "rowgroup" }, this.header),
    this.canvas,
  );
  /** @type {Entry | null} */
  active = null;
  /** @type {Record<string, number>} */
  #heights = {};
  /** @type {VirtualList<Row>} */
  #list;

  /**
   * @param {Results} results
   * @param {{
   *   activated: (node: Entry | null) => void, details: (node: Entry) => void, share: (node: Entry) => void,
   *   pick: (node: Entry) => void, picked: (node: Entry) => import("./rows.js").Picked, leave: () => void,
   * }} on
   * @param {AbortSignal} signal
   */
  constructor(results, on, signal) {
    this.results = results;
    this.on = on;
    this.#list = new VirtualList(this.element, this.canvas, {
      key: (row) => row.key,
      height: (row) => this.#heights[isEntry(row) ? row.kind : "remark"] ?? 40,
      create: (row) =>
        createRow(row, {
          details: (node) => {
            this.activate(node);
            on.details(node);
          },
          share: on.share,
          pick: on.pick,
          retry: (remark) => remark.parent ? results.loadChildren(remark.parent) : results.retryMore(),
        }),
      update: (element, row, index) => this.#update(element, row, index),
      nearEnd: () => results.loadMore(),
    }, signal);
    this.element.addEventListener("click", (event) => this.#click(event));
    this.element.addEventListener("keydown", (event) => this.#key(event));
    this.element.addEventListener("focusin", (event) => {
      const row = this.#rowOf(event.target);
      if (row) this.activate(row);
    });
    const resize = new ResizeObserver(() => this.#measure() && this.show());
    resize.observe(this.element);
    signal.addEventListener("abort", () => resize.disconnect());
  }

  /** Shows the results as they are now. */
  show() {
    if (this.#heights.study === undefined) this.#measure();
    const { rows, cursor } = this.results;
    this.element.setAttribute("aria-rowcount", cursor ? "-1" : String(rows.length + 1));
    if (this.active && !rows.includes(this.active)) {
      this.activate(this.active.parent && rows.includes(this.active.parent) ? this.active.parent : null);
    }
    this.#list.setRows(rows);
  }

  /** Shows what is picked. @param {boolean} isAny whether anything is, even if not in sight */
  showPicked(isAny) {
    this.element.classList.toggle("picking", isAny);
    this.#list.draw();
  }

  /** Back to the top, for another search. */
  reset() {
    this.activate(null);
    this.element.scrollTop = 0;
  }

  focusFirst() {
    const first = this.results.rows.findIndex(isEntry);
    if (first >= 0) this.#move(first);
  }

  /** Marks the row that the keyboard is on. @param {Entry | null} node */
  activate(node) {
    if (node === this.active) return;
    this.active = node;
    this.#list.pin(node?.key ?? null);
    this.#list.draw();
    this.on.activated(node);
  }

  /** The rows' heights, which the style sheet decides. Returns whether they changed. */
  #measure() {
    const before = JSON.stringify(this.#heights);
    for (const kind of rowKinds) {
      const probe = h("div", { class: `row probe ${kind}`, "aria-hidden": "true" });
      this.canvas.append(probe);
      const height = probe.offsetHeight;
      probe.remove();
      if (height > 0) this.#heights[kind] = height;
    }
    return JSON.stringify(this.#heights) !== before;
  }

  /** @param {HTMLElement} element @param {Row} row @param {number} index */
  #update(element, row, index) {
    // Someone who tabs into the list lands on the row they were on, or on the first.
    updateRow(element, row, index, row === this.active, isEntry(row) ? this.on.picked(row) : "none");
    if (!this.active && index === 0) element.tabIndex = 0;
    // A series of many images goes on as one scrolls to its end.
    const parent = row.kind === "loading" ? row.parent : null;
    if (parent?.cursor && parent.state === "idle") {
      queueMicrotask(() => parent.state === "idle" && this.results.loadChildren(parent));
    }
  }

  /** @param {EventTarget | null} target @returns {Entry | null} */
  #rowOf(target) {
    const key = target instanceof Element
      ? /** @type {HTMLElement | null} */ (target.closest(".row[data-key]"))?.dataset.key
      : undefined;
    const row = key === undefined ? undefined : this.results.rows[this.#list.indexOf(key)];
    return row && isEntry(row) ? row : null;
  }

  /** @param {MouseEvent} event */
  #click(event) {
    if (event.target instanceof Element && event.target.closest("button")) return;
    const row = this.#rowOf(event.target);
    // Who marks text does not want the row to open.
    if (!row || String(getSelection()) !== "") return;
    this.#focus(row);
    if (event.ctrlKey || event.metaKey) this.on.pick(row);
    else this.results.toggle(row);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (
      event.altKey ||
      (event.target instanceof Element && event.target.closest("button") && event.key !== "Escape" &&
        !event.key.startsWith("Arrow"))
    ) return;
    const row = this.#rowOf(event.target);
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "c") {
      const uid = row && uidOf(row);
      if (uid && String(getSelection()) === "") copyText(uid);
      return;
    }
    if (event.ctrlKey || event.metaKey) return;
    const index = row ? this.#list.indexOf(row.key) : 0;
    const action = event.key === " " && event.shiftKey
      ? row && (() => this.on.pick(row))
      : this.#action(event.key, row, index);
    if (action) {
      event.preventDefault();
      action();
    } else if (event.key.length === 1) {
      // Typing goes on in the search field; the key is typed there.
      this.on.leave();
    }
  }

  /**
   * @param {string} key
   * @param {Entry | null} row
   * @param {number} index
   * @returns {(() => void) | null}
   */
  #action(key, row, index) {
    switch (key) {
      case "ArrowDown":
        return () => this.#step(index, 1);
      case "ArrowUp":
        return () => this.#step(index, -1);
      case "PageDown":
        return () => this.#move(index + this.#list.pageSize(index));
      case "PageUp":
        return () => this.#move(index - this.#list.pageSize(index));
      case "Home":
        return () => this.#move(0);
      case "End":
        return () => this.#move(this.results.rows.length - 1);
      case "ArrowRight":
        return row && (() => this.#right(row, index));
      case "ArrowLeft":
        return row && (() => row.isOpen ? this.results.toggle(row, false) : row.parent && this.#focus(row.parent));
      case "Enter":
      case " ":
        return row && (() => canOpen(row) ? this.results.toggle(row) : this.on.details(row));
      case "Escape":
      case "/":
        return () => this.on.leave();
      default:
        return null;
    }
  }

  /** @param {Entry} row @param {number} index */
  #right(row, index) {
    if (row.isOpen && row.children?.length) this.#move(index + 1);
    else this.results.toggle(row, true);
  }

  /** To the next entry in a direction; above the first is the search field. @param {number} index @param {1 | -1} direction */
  #step(index, direction) {
    const { rows } = this.results;
    for (let next = index + direction; next >= 0 && next < rows.length; next += direction) {
      const row = rows[next];
      if (row && isEntry(row)) return this.#focus(row);
    }
    if (direction < 0) this.on.leave();
  }

  /** To the entry at a place or the nearest one before it. @param {number} index */
  #move(index) {
    const { rows } = this.results;
    for (let place = Math.min(Math.max(index, 0), rows.length - 1); place >= 0; place -= 1) {
      const row = rows[place];
      if (row && isEntry(row)) return this.#focus(row);
    }
  }

  /** @param {Entry} row */
  #focus(row) {
    this.activate(row);
    this.#list.reveal(this.#list.indexOf(row.key));
    this.#list.elementOf(row.key)?.focus({ preventScroll: true });
  }
}
