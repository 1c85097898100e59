/**
 * Everything about one study, series or instance: beside the list on a wide screen, in a sheet on a small one.
 */

import { copyButton } from "../components/bits.js";
import { icon } from "../components/icon.js";
import { errorSentence } from "../components/states.js";
import { ageText, dayText, personName, timeText } from "../lib/dicom.js";
import { fill, h } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { conflictList, isAboutPatient, loadConflicts } from "./conflicts.js";
import { className, imageSize, modalityName, regionName, sexName } from "./words.js";

/** @typedef {import("./results.js").Entry} Entry */
/** @typedef {import("./results.js").Found} Found */

/**
 * @param {Entry} node
 * @param {import("../lib/dom.js").Child} actions what can be done with it
 * @param {AbortSignal} signal
 */
export function details(node, actions, signal) {
  const chain = [node];
  for (let parent = node.parent; parent; parent = parent.parent) chain.unshift(parent);
  const [study, series, instance] = chain;
  return [
    study && patient(study.data),
    actions,
    study && conflictNote(study, signal),
    study && studyPart(study.data),
    series && seriesPart(series.data),
    instance && instancePart(instance.data),
  ];
}

/** @param {Found} data */
function patient(data) {
  const name = personName(data.PatientName);
  return h(
    "section",
    { class: "detail" },
    h("h2", null, name?.name ?? t("catalogue.no_name")),
    name?.ideographic ? h("p", { class: "written" }, name.ideographic) : null,
    name?.phonetic ? h("p", { class: "muted written" }, name.phonetic) : null,
    list([
      ["detail.patient_id", data.PatientID, { copy: true }],
      ["detail.issuer", data.IssuerOfPatientID],
      ["detail.birth_date", dayText(data.PatientBirthDate, "long")],
      ["detail.age", ageText(data.PatientBirthDate, data.StudyDate)],
      ["detail.sex", sexName(data.PatientSex)],
    ]),
  );
}

/** @param {Found} data */
function studyPart(data) {
  return part("detail.study", [
    ["detail.description", data.StudyDescription],
    ["detail.date", [dayText(data.StudyDate, "long"), timeText(data.StudyTime)].filter(Boolean).join(", ")],
    ["detail.accession", data.AccessionNumber, { copy: true }],
    ["detail.study_id", data.StudyID],
    ["detail.modalities", modalities(data.ModalitiesInStudy)],
    ["detail.referring", personName(data.ReferringPhysicianName)?.name],
    ["detail.institution", data.InstitutionName],
    ["detail.contents", contents(data)],
    ["detail.source", data.source],
    ["detail.study_uid", data.StudyInstanceUID, { copy: true, isUID: true }],
  ]);
}

/** @param {Found} data */
function contents(data) {
  const words = [t("catalogue.series_count", { count: data.NumberOfStudyRelatedSeries })];
  const images = data.NumberOfStudyRelatedInstances;
  if (typeof images === "number") {
    words.push(t("catalogue.image_count", { count: images }));
    if (data.file_count !== images) words.push(t("catalogue.file_count", { count: data.file_count }));
  }
  return words.join(" · ");
}

/** @param {Found} data */
function seriesPart(data) {
  const images = data.NumberOfSeriesRelatedInstances;
  return part("detail.series", [
    ["detail.description", data.SeriesDescription],
    ["detail.number", data.SeriesNumber],
    ["detail.modality", data.Modality && modalities([data.Modality])],
    ["detail.date", [dayText(data.SeriesDate, "long"), timeText(data.SeriesTime)].filter(Boolean).join(", ")],
    ["detail.region", regionName(data)],
    ["detail.protocol", data.ProtocolName],
    ["detail.contents", typeof images === "number" ? t("catalogue.image_count", { count: images }) : ""],
    ["detail.series_uid", data.SeriesInstanceUID, { copy: true, isUID: true }],
  ]);
}

/** @param {Found} data */
function instancePart(data) {
  return part("detail.instance", [
    ["detail.number", data.InstanceNumber],
    ["detail.class", className(data.SOPClassUID)],
    ["detail.size", imageSize(data)],
    ["detail.files", data.file_count > 1 ? t("catalogue.file_count", { count: data.file_count }) : ""],
    ["detail.instance_uid", data.SOPInstanceUID, { copy: true, isUID: true }],
  ]);
}

/** @param {string[]} codes */
function modalities(codes) {
  return codes.map((code) => [code, modalityName(code)].filter(Boolean).join(" ")).join(", ");
}

/**
 * @typedef {[key: import("../lib/i18n.js").TextKey, value: string | number | null | undefined, how?: { copy?: boolean, isUID?: boolean }]} Line
 */

/**
 * @param {import("../lib/i18n.js").TextKey} title
 * @param {Line[]} lines
 */
function part(title, lines) {
  return h("section", { class: "detail" }, h("h3", null, t(title)), list(lines));
}

/** What is absent is left out. @param {Line[]} lines */
function list(lines) {
  return h(
    "dl",
    null,
    lines.filter(([, value]) => value !== null && value !== undefined && value !== "").map(([key, value, how = {}]) =>
      h(
        "div",
        { class: how.isUID ? "line uid" : "line" },
        h("dt", null, t(key)),
        h(
          "dd",
          null,
          h("span", { class: how.isUID ? "mono" : null }, value),
          how.copy && copyButton(String(value), t("detail.copy", { what: t(key) })),
        ),
      )
    ),
  );
}

/**
 * Why a study is flagged, and what that means.
 * @param {Entry} study
 * @param {AbortSignal} signal
 */
function conflictNote(study, signal) {
  if (!study.data.has_conflict) return null;
  const element = h(
    "section",
    { class: "conflict" },
    heading("conflict.title"),
    h("p", { class: "muted" }, t("common.loading")),
  );
  const uid = study.data.StudyInstanceUID;
  conflictsOf(study, uid, signal).then(
    (conflicts) => fill(element, ...explanation(conflicts)),
    (error) => {
      if (!signal.aborted) fill(element, heading("conflict.title"), h("p", null, errorSentence(error)));
    },
  );
  return element;
}

/** @type {WeakMap<Entry, import("./conflicts.js").Conflict[]>} */
const known = new WeakMap();

/** @param {Entry} study @param {string | null} uid @param {AbortSignal} signal */
async function conflictsOf(study, uid, signal) {
  const before = known.get(study);
  if (before || !uid) return before ?? [];
  const conflicts = await loadConflicts(uid, signal);
  known.set(study, conflicts);
  return conflicts;
}

/** @param {import("../lib/i18n.js").TextKey} title */
function heading(title) {
  return h("h3", null, icon("alert"), t(title));
}

/** @param {import("./conflicts.js").Conflict[]} conflicts */
function explanation(conflicts) {
  const concernsPatient = conflicts.some(isAboutPatient);
  return [
    heading(concernsPatient ? "conflict.patient_title" : "conflict.title"),
    h("p", null, t(concernsPatient ? "conflict.patient_text" : "conflict.text")),
    conflictList(conflicts),
  ];
}
