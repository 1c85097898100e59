/**
 * Where the files of a study contradict each other, in words.
 */

import { api, path } from "../lib/api.js";
import { dayText, personName } from "../lib/dicom.js";
import { h } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { attributeName, patientAttributes } from "./words.js";

/** @typedef {{ attribute: string, kept: string | null, found: string | null, series: string | null, instance: string | null }} Conflict */

/**
 * @param {string} uid of a study
 * @param {AbortSignal} signal
 * @returns {Promise<Conflict[]>}
 */
export async function loadConflicts(uid, signal) {
  return (await api.get(path`/api/studies/${uid}`, { signal })).Conflicts;
}

/** Whether it may mean that there are images of two people. @param {Conflict} conflict */
export function isAboutPatient({ attribute }) {
  return patientAttributes.includes(attribute);
}

/** @param {readonly Conflict[]} conflicts */
export function conflictList(conflicts) {
  return h(
    "ul",
    null,
    conflicts.map(({ attribute, kept, found, series, instance }) =>
      h(
        "li",
        null,
        h("strong", null, attributeName(attribute)),
        kept === null && found === null ? null : h(
          "span",
          null,
          t("conflict.values", { kept: shown(attribute, kept), found: shown(attribute, found) }),
        ),
        series || instance
          ? h("small", { class: "muted" }, t(instance ? "conflict.in_instance" : "conflict.in_series"))
          : null,
      )
    ),
  );
}

/** @param {string} attribute @param {string | null} value */
function shown(attribute, value) {
  if (!value) return t("conflict.nothing");
  if (attribute.endsWith("Name")) return personName(value)?.name ?? value;
  return attribute.endsWith("Date") ? dayText(value) : value;
}
