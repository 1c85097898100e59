/**
 * The catalogue's values in words, for rows and details alike.
 */

import { textIfKnown } from "../lib/i18n.js";
import { formatNumber, t } from "../lib/i18n.js";

/** The modalities that a filter offers, the usual ones first. Source: PS3.3 C.7.3.1.1.1. */
export const usualModalities = ["CT", "MR", "CR", "DX", "US", "MG", "NM", "PT", "XA", "RF", "ES", "XC", "OT", "SR"];

/** The body parts that a filter suggests. Source: PS3.16 Annex L. */
export const usualBodyParts = [
  "ABDOMEN",
  "ANKLE",
  "BREAST",
  "CHEST",
  "CSPINE",
  "ELBOW",
  "FOOT",
  "HAND",
  "HEAD",
  "HEART",
  "HIP",
  "KNEE",
  "LSPINE",
  "NECK",
  "PELVIS",
  "SHOULDER",
  "TSPINE",
  "WHOLEBODY",
  "WRIST",
];

/** @param {string} code @returns {string} empty when we have no word */
export function modalityName(code) {
  return textIfKnown(`modality.${code}`) ?? "";
}

/** @param {string} code */
export function bodyPartName(code) {
  return textIfKnown(`body_part.${code.toUpperCase()}`) ?? code;
}

/** @param {string | null | undefined} sex */
export function sexName(sex) {
  return sex ? textIfKnown(`sex.${sex}`) ?? sex : "";
}

/** @param {string | null | undefined} sex */
export function sexLetter(sex) {
  return sex ? textIfKnown(`sex_letter.${sex}`) ?? sex : "";
}

/** @param {string | null | undefined} laterality */
export function lateralityName(laterality) {
  return laterality ? textIfKnown(`laterality.${laterality}`) ?? laterality : "";
}

/** Body part and side. @param {Record<string, any>} data of a series */
export function regionName(data) {
  const part = data.BodyPartExamined ? bodyPartName(data.BodyPartExamined) : "";
  return [part, lateralityName(data.Laterality)].filter(Boolean).join(", ");
}

/** Rows × columns, and frames. @param {Record<string, any>} data of an instance */
export function imageSize(data) {
  const size = data.Rows && data.Columns
    ? `${formatNumber(data.Columns, { useGrouping: false })} × ${formatNumber(data.Rows, { useGrouping: false })}`
    : "";
  return [size, data.NumberOfFrames > 1 ? t("catalogue.frames", { count: data.NumberOfFrames }) : ""].filter(Boolean)
    .join(", ");
}

/** What an instance is, without the words that all names have. Source: PS3.6 Annex A. @param {string | null} uid */
export function className(uid) {
  return uid ? textIfKnown(`sop_class.${uid}`) ?? uid : "";
}

/** Attributes of which two values in one study mean that it may show two patients. */
export const patientAttributes = ["PatientName", "PatientID", "IssuerOfPatientID", "PatientBirthDate", "PatientSex"];

/** @param {string} keyword */
export function attributeName(keyword) {
  return textIfKnown(`attribute.${keyword}`) ?? keyword.replace(/(?<=[a-z])(?=[A-Z])/g, " ");
}
