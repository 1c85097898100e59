/**
 * What is chosen to be shared together: studies, and series of others. It outlasts a search, so that things can be gathered from several.
 */

import { uidOf } from "../catalogue/results.js";

/** @typedef {import("../catalogue/results.js").Entry} Entry */
/** @typedef {import("../catalogue/results.js").Found} Found */
/**
 * Something to share, with what is known of it.
 * @typedef {{ type: "study" | "series", uid: string, study: Found, series: Found | null }} Choice
 */

/** The most that one share may hold. */
export const mostChoices = 200;

/**
 * An entry as something to share.
 * @param {Entry} entry
 * @returns {Choice | null} null for what cannot be shared: an image, or what has no UID
 */
export function choiceOf(entry) {
  const uid = uidOf(entry);
  if (uid === null || entry.kind === "instance") return null;
  return entry.kind === "study"
    ? { type: "study", uid, study: entry.data, series: null }
    : entry.parent && { type: "series", uid, study: entry.parent.data, series: entry.data };
}

/** Tells `change`. */
export class Selection extends EventTarget {
  /** @type {Map<string, Choice>} */
  #choices = new Map();

  get size() {
    return this.#choices.size;
  }

  /** In the order in which they were chosen. */
  get choices() {
    return [...this.#choices.values()];
  }

  /**
   * @param {Entry} entry
   * @returns {"none" | "some" | "all"} `some`: a study of which only series are chosen
   */
  state(entry) {
    const uid = uidOf(entry) ?? "";
    if (this.#choices.has(uid)) return "all";
    if (entry.kind === "series") return this.#choices.has(studyUID(entry.parent?.data)) ? "all" : "none";
    return entry.kind === "study" && this.#seriesOf(uid).length > 0 ? "some" : "none";
  }

  /**
   * Chooses an entry, or no longer. A study stands for all of its series: without one of them, the others are left.
   * @param {Entry} entry
   * @returns {boolean} false when nothing changed because there would be too many
   */
  toggle(entry) {
    const after = new Map(this.#choices);
    const choice = choiceOf(entry);
    if (!choice) return true;
    if (after.delete(choice.uid)) return this.#use(after);
    if (choice.type === "study") {
      for (const { uid } of this.#seriesOf(choice.uid)) after.delete(uid);
      after.set(choice.uid, choice);
      return this.#use(after);
    }
    const siblings = (entry.parent?.children ?? []).map(choiceOf).filter((each) => each !== null);
    if (after.delete(studyUID(choice.study))) {
      for (const each of siblings) if (each.uid !== choice.uid) after.set(each.uid, each);
      return this.#use(after);
    }
    after.set(choice.uid, choice);
    const study = entry.parent && choiceOf(entry.parent);
    if (study && siblings.every(({ uid }) => after.has(uid))) {
      for (const { uid } of siblings) after.delete(uid);
      after.set(study.uid, study);
    }
    return this.#use(after);
  }

  clear() {
    this.#use(new Map());
  }

  /** @param {string} study */
  #seriesOf(study) {
    return this.choices.filter((choice) => choice.type === "series" && studyUID(choice.study) === study);
  }

  /** @param {Map<string, Choice>} choices */
  #use(choices) {
    if (choices.size > mostChoices && choices.size > this.#choices.size) return false;
    this.#choices = choices;
    this.dispatchEvent(new Event("change"));
    return true;
  }
}

/** @param {Found | undefined} data @returns {string} */
function studyUID(data) {
  return data?.StudyInstanceUID ?? "";
}

/**
 * How many different people these are of, as far as the catalogue tells them apart.
 *
 * Source: the identity of patients in the catalogue: PatientID and its issuer; without a PatientID each study is a person of its own.
 * @param {readonly Choice[]} choices
 */
export function countPatients(choices) {
  const known = choices.map(({ study }) =>
    study.PatientID ? `${study.PatientID}\n${study.IssuerOfPatientID ?? ""}` : `study ${study.StudyInstanceUID}`
  );
  return new Set(known).size;
}
