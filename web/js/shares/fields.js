/**
 * The fields of a share: the same when it is created and when it is changed.
 */

import { button } from "../components/button.js";
import { field, formValues, setFieldError } from "../components/field.js";
import { h, setText } from "../lib/dom.js";
import { formatDateTime, languages, t } from "../lib/i18n.js";
import { generatePassword } from "./password.js";
import { byDate, expiryOf, expirySpans, localInput } from "./request.js";
import { spanText } from "./words.js";

/** @typedef {import("./types.js").Share} Share */
/** @typedef {import("./types.js").ShareSettings} ShareSettings */

const longestNote = 2_000;
const shortestPassword = 8;

/**
 * When it ends: after a span, or on a day.
 * @param {ShareSettings} settings
 * @param {Share | null} [share] one that exists: its end may stay as it is
 */
export function expiryFields(settings, share = null) {
  const spans = expirySpans(settings).map((seconds) => ({ value: String(seconds), label: spanText(seconds) }));
  const choice = field({
    name: "expires_in_seconds",
    label: t("share.expiry"),
    hint: " ",
    type: "select",
    value: share ? "" : String(settings.default_expiry_seconds),
    options: [
      ...(share ? [{ value: "", label: t("share.keep_expiry", { time: formatDateTime(share.expires_at) }) }] : []),
      ...spans,
      { value: byDate, label: t("share.by_date") },
    ],
  });
  const now = Date.now();
  const date = field({
    name: "expires_at",
    label: t("share.expires_at"),
    type: "datetime-local",
    value: localInput(new Date(now + settings.default_expiry_seconds * 1_000)),
    attributes: { max: localInput(new Date(now + settings.max_expiry_seconds * 1_000)) },
  });
  const element = h("div", { class: "field-group" }, choice, date);
  const show = () => showExpiry(element, choice, date);
  element.addEventListener("input", show);
  show();
  return element;
}

/** @param {HTMLElement} element @param {HTMLElement} choice @param {HTMLElement} date */
function showExpiry(element, choice, date) {
  const values = formValues(/** @type {any} */ (element));
  const isByDate = values.expires_in_seconds === byDate;
  const input = /** @type {HTMLInputElement} */ (date.querySelector("input"));
  const end = values.expires_in_seconds === "" ? null : expiryOf(values, Date.now());
  const isPast = isByDate && (end === null || end.getTime() <= Date.now());
  input.setCustomValidity(isPast ? t("share.bad_date") : "");
  if (!isPast) setFieldError(date, "");
  date.hidden = !isByDate;
  const hint = /** @type {HTMLElement} */ (choice.querySelector(".field-hint"));
  hint.hidden = isByDate || end === null;
  if (end && !isByDate) setText(hint, t("share.expires_hint", { time: formatDateTime(end) }));
}

/**
 * A password in plain sight, because it is to be told, with a button that makes one.
 * @param {{ label: string, hint: string, value?: string, required?: boolean }} about
 */
export function passwordField({ label, hint, value = "", required = false }) {
  const element = field({
    name: "password",
    label,
    hint,
    value,
    required,
    attributes: { minlength: shortestPassword, maxlength: 256, class: "input mono" },
  });
  const input = /** @type {HTMLInputElement} */ (element.querySelector("input"));
  const row = h("div", { class: "input-row" });
  input.before(row);
  row.append(
    input,
    button(t("share.generate"), {
      icon: "refresh",
      onClick: () => {
        input.value = generatePassword();
        input.dispatchEvent(new Event("input", { bubbles: true }));
        input.focus();
        input.select();
      },
    }),
  );
  return element;
}

/** @param {Share | null} share */
export function limitField(share) {
  return field({
    name: "max_downloads",
    label: t("share.max_downloads"),
    hint: t("share.max_downloads_hint"),
    value: share?.max_downloads ?? "",
    attributes: { inputmode: "numeric", pattern: "[0-9]*", placeholder: t("share.unlimited") },
  });
}

/** @param {Share | null} share */
export function noteField(share) {
  return field({
    name: "note",
    label: t("share.note"),
    hint: share ? t("share.note_change_hint") : t("share.note_hint"),
    type: "textarea",
    value: share?.note ?? "",
    attributes: { maxlength: longestNote, rows: 2 },
  });
}

/**
 * What few need, folded away.
 * @param {ShareSettings} settings
 * @param {Share | null} share
 */
export function moreFields(settings, share) {
  return h(
    "details",
    { class: "more-options" },
    h("summary", null, t("share.more")),
    field({
      name: "language",
      label: t("share.language"),
      hint: t("share.language_hint"),
      type: "select",
      value: share?.language ?? "",
      options: [
        { value: "", label: t("share.language_any") },
        ...Object.entries(languages).map(([value, { name }]) => ({ value, label: name })),
      ],
    }),
    field({
      name: "policy",
      label: t("share.policy"),
      hint: t("share.policy_hint"),
      type: "select",
      value: share?.policy ?? "strict",
      options: [
        { value: "strict", label: t("share.policy_strict") },
        { value: "manifest", label: t("share.policy_manifest") },
      ],
    }),
    field({
      name: "shows_patient",
      label: t("share.shows_patient"),
      hint: t("share.shows_patient_hint"),
      type: "checkbox",
      value: share?.shows_patient ?? settings.shows_patient,
    }),
  );
}
