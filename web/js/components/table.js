/**
 * Tables for lists of moderate length. On a phone each row becomes a card whose values carry their column's name.
 */

import { h, keepInStep } from "../lib/dom.js";

/**
 * @template Row
 * @typedef {object} Column
 * @property {string} label
 * @property {(row: Row) => import("../lib/dom.js").Child} cell
 * @property {"start" | "end"} [align]
 * @property {"plain" | "main" | "actions"} [kind] `main` names the row; `actions` holds its buttons
 */

/**
 * @template Row
 * @param {{
 *   caption: string,
 *   columns: Column<Row>[],
 *   rows: readonly Row[],
 *   key: (row: Row) => string | number,
 * }} about the caption is read out, not shown
 * @returns {{ element: HTMLElement, update: (rows: readonly Row[]) => void }}
 */
export function table({ caption, columns, rows, key }) {
  const body = h("tbody");
  const element = h(
    "div",
    { class: "table-holder" },
    h(
      "table",
      { class: "table" },
      h("caption", { class: "visually-hidden" }, caption),
      h(
        "thead",
        null,
        h(
          "tr",
          null,
          columns.map(({ label, align, kind }) =>
            h(
              "th",
              { scope: "col", class: classes(align, kind) },
              kind === "actions" ? h("span", { class: "visually-hidden" }, label) : label,
            )
          ),
        ),
      ),
      body,
    ),
  );
  /** @param {Row} row */
  const cells = (row) =>
    columns.map(({ label, cell, align, kind }) =>
      h(kind === "main" ? "th" : "td", {
        scope: kind === "main" ? "row" : null,
        class: classes(align, kind),
        dataset: { label },
      }, cell(row))
    );
  /** @type {WeakMap<Element, string>} */
  const shown = new WeakMap();
  /** @param {readonly Row[]} list */
  const update = (list) =>
    keepInStep(body, list, {
      key,
      create: () => h("tr"),
      update: (line, row) => {
        // Only rows whose data changed are made anew: a focused button in the others keeps the focus.
        const state = JSON.stringify(row);
        if (shown.get(line) === state) return;
        shown.set(line, state);
        line.replaceChildren(...cells(row));
      },
    });
  update(rows);
  return { element, update };
}

/** @param {string} [align] @param {string} [kind] */
function classes(align, kind) {
  return [align === "end" ? "end" : "", kind ?? ""].filter(Boolean).join(" ") || null;
}
