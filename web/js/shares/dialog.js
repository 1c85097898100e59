/**
 * The dialog that makes a link: what is shared, on which terms, and, where files name different patients, whether one has looked.
 */

import { conflictList, isAboutPatient, loadConflicts } from "../catalogue/conflicts.js";
import { openDialog } from "../components/dialog.js";
import { field, form } from "../components/field.js";
import { icon } from "../components/icon.js";
import { errorState, loadingState } from "../components/states.js";
import { api, ApiError } from "../lib/api.js";
import { dayText } from "../lib/dicom.js";
import { fill, h } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { expiryFields, limitField, moreFields, noteField, passwordField } from "./fields.js";
import { generatePassword } from "./password.js";
import { createRequest } from "./request.js";
import { showCreated } from "./result.js";
import { countPatients } from "./selection.js";
import { choiceText, patientText } from "./words.js";

/** @typedef {import("./selection.js").Choice} Choice */
/** @typedef {import("./types.js").CreatedShare} CreatedShare */
/** @typedef {import("./types.js").ShareSettings} ShareSettings */
/** @typedef {{ created: CreatedShare, password: string }} Made */

/** The server counts and adds up what is shared. In milliseconds. */
const createTimeout = 90_000;
/** Of so many choices the dialog names each. */
const mostNamed = 5;
/** Of so many studies contradictions are looked up. */
const mostExplained = 10;

/**
 * Shares what was chosen; shows the link at the end.
 * @param {readonly Choice[]} choices
 * @returns {Promise<boolean>} whether a link was made
 */
export async function shareDialog(choices) {
  const end = new AbortController();
  /** @type {Made | null} */
  const made = await openDialog({
    title: t("share.title"),
    content: (/** @type {(result: Made | null) => void} */ close) => {
      const place = h("div", { class: "share-dialog" });
      const load = async () => {
        fill(place, loadingState(4));
        try {
          const settings = await api.get("/api/shares/settings", { signal: end.signal });
          fill(place, chosen(choices), terms(choices, settings, close, end.signal));
        } catch (error) {
          if (!end.signal.aborted) fill(place, errorState(error, load));
        }
      };
      load();
      return place;
    },
  });
  end.abort();
  if (!made) return false;
  await showCreated(made.created, made.password);
  return true;
}

/** @param {readonly Choice[]} choices */
function chosen(choices) {
  const people = countPatients(choices);
  const rest = choices.length - mostNamed;
  return h(
    "section",
    { class: "chosen" },
    h("h3", { class: "visually-hidden" }, t("share.what")),
    h(
      "ul",
      null,
      choices.slice(0, rest > 0 ? mostNamed : choices.length).map((choice) =>
        h("li", null, h("strong", null, patientText(choice)), h("span", { class: "muted" }, choiceText(choice)))
      ),
      rest > 0 && h("li", { class: "muted" }, t("share.what_more", { count: rest })),
    ),
    people > 1 &&
      h(
        "p",
        { class: "note warning" },
        icon("people"),
        h("span", null, t("share.several_patients", { count: people })),
      ),
  );
}

/**
 * @param {readonly Choice[]} choices
 * @param {ShareSettings} settings
 * @param {(result: Made | null) => void} close
 * @param {AbortSignal} signal
 */
function terms(choices, settings, close, signal) {
  return form({
    children: [
      expiryFields(settings),
      passwordField({
        label: t("share.password"),
        hint: t(settings.is_password_required ? "share.password_required" : "share.password_hint"),
        value: generatePassword(),
        required: settings.is_password_required,
      }),
      limitField(null),
      noteField(null),
      moreFields(settings, null),
    ],
    submit: t("share.create"),
    onCancel: () => close(null),
    onSubmit: async (values) => {
      const created = await create(createRequest(values, choices), choices, signal);
      if (created) close({ created, password: String(values.password) });
    },
  });
}

/**
 * @param {object} body
 * @param {readonly Choice[]} choices
 * @param {AbortSignal} signal
 * @returns {Promise<CreatedShare | null>} null when it was thought better of
 */
async function create(body, choices, signal) {
  try {
    return await api.post("/api/shares", body, { timeout: createTimeout });
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== "PATIENT_CONFLICT") throw error;
    return await confirmConflict(error, body, choices, signal);
  }
}

/**
 * Shares what names different patients only after somebody said that they have looked.
 * @param {ApiError} refusal
 * @param {object} body
 * @param {readonly Choice[]} choices
 * @param {AbortSignal} signal
 * @returns {Promise<CreatedShare | null>}
 */
function confirmConflict(refusal, body, choices, signal) {
  const found = h("div", { class: "conflict" }, h("p", { class: "muted" }, t("common.loading")));
  explain(refusal, choices, signal).then((parts) => fill(found, ...parts));
  const check = field({ name: "confirm_conflict", label: t("share.conflict_confirm"), type: "checkbox" });
  const box = /** @type {HTMLInputElement} */ (check.querySelector("input"));
  const judge = () => box.setCustomValidity(box.checked ? "" : t("share.conflict_required"));
  box.addEventListener("input", judge);
  judge();
  return openDialog({
    title: t("share.conflict_title"),
    content: (/** @type {(result: CreatedShare | null) => void} */ close) => [
      h("p", null, t("share.conflict_text")),
      found,
      form({
        children: [check],
        submit: t("share.conflict_submit"),
        kind: "danger",
        onCancel: () => close(null),
        onSubmit: async () => {
          close(await api.post("/api/shares", { ...body, confirm_conflict: true }, { timeout: createTimeout }));
        },
      }),
    ],
  });
}

/**
 * Which contradictions there are; where they cannot be had, what the server said.
 * @param {ApiError} refusal
 * @param {readonly Choice[]} choices
 * @param {AbortSignal} signal
 * @returns {Promise<import("../lib/dom.js").Child[]>}
 */
async function explain(refusal, choices, signal) {
  const flagged = new Map(
    choices.filter(({ study }) => study.has_conflict && study.StudyInstanceUID)
      .map(({ study }) => [study.StudyInstanceUID, study]),
  );
  try {
    const parts = await Promise.all(
      [...flagged].slice(0, mostExplained).map(async ([uid, study]) => {
        const conflicts = (await loadConflicts(uid, signal)).filter(isAboutPatient);
        if (conflicts.length === 0) return [];
        const description = study.StudyDescription ?? t("catalogue.no_description");
        return [
          h("h3", null, t("share.conflict_study", { description, date: dayText(study.StudyDate) })),
          conflictList(conflicts),
        ];
      }),
    );
    const known = parts.flat();
    return known.length > 0 ? known : [h("p", null, refusal.detail)];
  } catch {
    return [h("p", null, refusal.detail)];
  }
}
