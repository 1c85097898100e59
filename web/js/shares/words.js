/**
 * A share in words, for the list and its dialogs.
 */

import { personName } from "../lib/dicom.js";
import { dayText } from "../lib/dicom.js";
import { formatBytes, formatNumber, t, textIfKnown } from "../lib/i18n.js";

/** @typedef {import("./types.js").Share} Share */
/** @typedef {import("./selection.js").Choice} Choice */

/** How much it is. @param {import("./types.js").ShareSummary} summary */
export function amountText({ studies, series, instances, bytes }) {
  const parts = [
    t("share.study_count", { count: studies }),
    t("catalogue.series_count", { count: series }),
    t("share.image_count", { count: instances }),
    formatBytes(bytes),
  ];
  return parts.join(" · ");
}

/** What names a share in a list: no patient, as everywhere but in its details. @param {Share} share */
export function shareName({ summary }) {
  return [summary.modalities.join(", "), t("share.study_count", { count: summary.studies })].filter(Boolean).join(
    " · ",
  );
}

/** @type {Record<import("./types.js").ShareState, "success" | "warning" | "danger" | "plain">} */
const kinds = {
  active: "success",
  locked: "danger",
  expired: "plain",
  used_up: "plain",
  revoked: "plain",
  creator_gone: "warning",
};

/** @param {Share} share */
export function stateWords({ state }) {
  return { text: t(`share_state.${state}`), kind: kinds[state], title: textIfKnown(`share_state_text.${state}`) ?? "" };
}

/** @param {Share} share */
export function downloadsText({ downloads, max_downloads: most }) {
  return most === null
    ? formatNumber(downloads)
    : t("shares.downloads_of", { count: formatNumber(downloads), most: formatNumber(most) });
}

/** A span such as "3 days". @param {number} seconds */
export function spanText(seconds) {
  /** @type {[number, string][]} */
  const units = [[86_400, "day"], [3_600, "hour"], [60, "minute"], [1, "second"]];
  const [length, unit] = units.find(([size]) => seconds >= size && seconds % size === 0) ?? [1, "second"];
  return formatNumber(seconds / length, { style: "unit", unit, unitDisplay: "long" });
}

/** Whose images are chosen. @param {Choice} choice */
export function patientText({ study }) {
  const name = personName(study.PatientName)?.name ?? t("catalogue.no_name");
  return [name, dayText(study.PatientBirthDate)].filter(Boolean).join(", ");
}

/** Which images are chosen. @param {Choice} choice */
export function choiceText({ study, series }) {
  const part = series
    ? t("share.one_series", { name: series.SeriesDescription ?? series.Modality ?? t("catalogue.no_description") })
    : t("share.whole_study");
  const description = study.StudyDescription ?? t("catalogue.no_description");
  return [description, dayText(study.StudyDate), part].filter(Boolean).join(" · ");
}
