/**
 * The rows of the catalogue's tree: one study, series or instance each.
 */

import { badge, copyButton } from "../components/bits.js";
import { button } from "../components/button.js";
import { icon } from "../components/icon.js";
import { errorSentence } from "../components/states.js";
import { choiceOf } from "../shares/selection.js";
import { ageText, dayText, personName, timeText } from "../lib/dicom.js";
import { h } from "../lib/dom.js";
import { formatNumber, t } from "../lib/i18n.js";
import { canOpen, isEntry, uidOf } from "./results.js";
import { className, imageSize, modalityName, regionName, sexLetter, sexName } from "./words.js";

/** @typedef {import("./results.js").Entry} Entry */
/** @typedef {import("./results.js").Row} Row */
/**
 * @typedef {{
 *   details: (node: Entry) => void, share: (node: Entry) => void, pick: (node: Entry) => void,
 *   retry: (row: import("./results.js").Remark) => void,
 * }} RowActions
 */
/** @typedef {"none" | "some" | "all"} Picked */

const levels = { study: "1", series: "2", instance: "3" };

/**
 * @param {Row} row
 * @param {RowActions} actions
 */
export function createRow(row, actions) {
  if (!isEntry(row)) return remark(row, actions);
  const cells = row.kind === "study"
    ? studyCells(row.data)
    : row.kind === "series"
    ? seriesCells(row.data)
    : instanceCells(row.data);
  const uid = uidOf(row);
  const isShareable = choiceOf(row) !== null;
  return h(
    "div",
    {
      class: `row ${row.kind}`,
      role: "row",
      tabindex: "-1",
      "aria-level": levels[row.kind],
      "aria-expanded": canOpen(row) ? "false" : null,
    },
    row.kind !== "instance" &&
      h("div", { class: "cell pick", role: "gridcell" }, isShareable && pickBox(() => actions.pick(row))),
    h("div", { class: "cell twist", role: "gridcell" }, canOpen(row) && icon("chevronRight")),
    cells,
    h(
      "div",
      { class: "cell row-actions", role: "gridcell" },
      uid && copyButton(uid, t(`catalogue.copy_${row.kind}_uid`)),
      isShareable && button(t(row.kind === "series" ? "share.share_series" : "share.share_study"), {
        kind: "quiet",
        icon: "share",
        iconOnly: true,
        onClick: () => actions.share(row),
      }),
      button(t("catalogue.details"), {
        kind: "quiet",
        icon: "info",
        iconOnly: true,
        onClick: () => actions.details(row),
      }),
    ),
  );
}

/** @param {() => void} pick */
function pickBox(pick) {
  return h(
    "button",
    {
      type: "button",
      class: "pick-box",
      role: "checkbox",
      "aria-checked": "false",
      "aria-label": t("share.select"),
      title: t("share.select"),
      on: { click: pick },
    },
    icon("check"),
  );
}

/** @type {Record<Picked, string>} */
const checked = { none: "false", some: "mixed", all: "true" };

/**
 * What changes in a row while it is shown.
 * @param {HTMLElement} element
 * @param {Row} row
 * @param {number} index
 * @param {boolean} isActive
 * @param {Picked} picked
 */
export function updateRow(element, row, index, isActive, picked) {
  element.setAttribute("aria-rowindex", String(index + 2));
  element.classList.toggle("active", isActive);
  if (!isEntry(row)) return;
  if (canOpen(row)) element.setAttribute("aria-expanded", String(row.isOpen));
  const box = element.querySelector(".pick-box");
  if (box) {
    box.setAttribute("aria-checked", checked[picked]);
    element.setAttribute("aria-selected", String(picked === "all"));
  }
  element.tabIndex = isActive ? 0 : -1;
  for (const inside of element.querySelectorAll("button")) inside.tabIndex = isActive ? 0 : -1;
}

/**
 * @param {string} className
 * @param {...import("../lib/dom.js").Child} children
 */
function cell(className, ...children) {
  const [only] = children;
  // What a narrow column cuts can be read in full.
  const title = children.length === 1 && typeof only === "string" && only !== "" ? only : null;
  return h("div", { class: `cell ${className}`, role: "gridcell", title }, ...children);
}

/** @param {Record<string, any>} data */
function studyCells(data) {
  const name = personName(data.PatientName);
  const age = ageText(data.PatientBirthDate, data.StudyDate);
  const birth = dayText(data.PatientBirthDate);
  return [
    cell(
      "name",
      data.has_conflict &&
        h(
          "span",
          { class: "flag", title: t("catalogue.conflict_short") },
          icon("alert"),
          h("span", { class: "visually-hidden" }, t("catalogue.conflict_short")),
        ),
      h("span", { class: "main" }, name?.name ?? h("span", { class: "muted" }, t("catalogue.no_name"))),
      name?.ideographic ? h("span", { class: "muted written" }, name.ideographic) : null,
    ),
    cell("id numeric", data.PatientID ?? ""),
    cell(
      "born numeric",
      birth,
      h("span", { class: "muted", title: sexName(data.PatientSex) || null }, sexLetter(data.PatientSex)),
      h("span", { class: "muted" }, age),
    ),
    cell(
      "date numeric",
      h("span", null, dayText(data.StudyDate) || h("span", { class: "muted" }, t("catalogue.no_date"))),
      h("span", { class: "muted time" }, timeText(data.StudyTime)),
    ),
    cell("modalities", data.ModalitiesInStudy.map((/** @type {string} */ code) => modalityBadge(code))),
    cell("description", data.StudyDescription ?? h("span", { class: "muted" }, t("catalogue.no_description"))),
    cell("accession numeric", data.AccessionNumber ?? ""),
    cell("count series-count numeric", count("catalogue.series_count", data.NumberOfStudyRelatedSeries)),
    cell("count image-count numeric", count("catalogue.image_count", data.NumberOfStudyRelatedInstances)),
  ];
}

/** @param {Record<string, any>} data */
function seriesCells(data) {
  return [
    cell("number numeric", data.SeriesNumber === null ? "–" : formatNumber(data.SeriesNumber, { useGrouping: false })),
    cell("modalities", data.Modality && modalityBadge(data.Modality)),
    cell(
      "description",
      data.has_conflict && h("span", { class: "flag", title: t("catalogue.conflict_short") }, icon("alert")),
      data.SeriesDescription ?? h("span", { class: "muted" }, data.ProtocolName ?? t("catalogue.no_description")),
    ),
    cell("region", regionName(data)),
    cell("count image-count numeric", count("catalogue.image_count", data.NumberOfSeriesRelatedInstances)),
  ];
}

/** @param {Record<string, any>} data */
function instanceCells(data) {
  return [
    cell(
      "number numeric",
      data.InstanceNumber === null ? "–" : formatNumber(data.InstanceNumber, { useGrouping: false }),
    ),
    cell("description", className(data.SOPClassUID)),
    cell("size numeric", imageSize(data)),
  ];
}

/** @param {string} code */
function modalityBadge(code) {
  return badge(code, { kind: "accent", title: modalityName(code) || undefined });
}

/**
 * A count whose unit is the column's where there are columns, and a word where there are none.
 * @param {"catalogue.series_count" | "catalogue.image_count"} key
 * @param {number} value
 */
function count(key, value) {
  return [
    h("span", { class: "bare", "aria-hidden": "true" }, formatNumber(value)),
    h("span", { class: "worded" }, t(key, { count: value })),
  ];
}

/**
 * @param {import("./results.js").Remark} row
 * @param {RowActions} actions
 */
function remark(row, actions) {
  const failed = row.kind === "failed";
  return h(
    "div",
    { class: `row remark ${row.kind}${row.parent ? " inner" : ""}`, role: "row" },
    h(
      "div",
      { class: "cell", role: "gridcell" },
      failed
        ? [
          icon("alert"),
          h("span", null, row.parent ? errorSentence(row.error) : t("catalogue.more_failed")),
          button(t("common.retry"), { kind: "quiet", icon: "refresh", onClick: () => actions.retry(row) }),
        ]
        : [h("span", { class: "spinner", "aria-hidden": "true" }), h("span", { class: "muted" }, t("common.loading"))],
    ),
  );
}

/** The header of the columns that studies have. */
export function headerRow() {
  /** @type {[string, import("../lib/i18n.js").TextKey][]} */
  const columns = [
    ["name", "catalogue.column_patient"],
    ["id", "catalogue.column_id"],
    ["born", "catalogue.column_born"],
    ["date", "catalogue.column_date"],
    ["modalities", "catalogue.column_modality"],
    ["description", "catalogue.column_description"],
    ["accession", "catalogue.column_accession"],
    ["count series-count", "catalogue.column_series"],
    ["count image-count", "catalogue.column_images"],
  ];
  return h(
    "div",
    { class: "row study head", role: "row", "aria-rowindex": "1" },
    h(
      "div",
      { class: "cell pick", role: "columnheader" },
      h("span", { class: "visually-hidden" }, t("share.column_select")),
    ),
    h(
      "div",
      { class: "cell twist", role: "columnheader" },
      h("span", { class: "visually-hidden" }, t("catalogue.column_open")),
    ),
    columns.map(([name, key]) => h("div", { class: `cell ${name}`, role: "columnheader" }, t(key))),
    h(
      "div",
      { class: "cell row-actions", role: "columnheader" },
      h("span", { class: "visually-hidden" }, t("catalogue.column_actions")),
    ),
  );
}
