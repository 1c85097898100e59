/**
 * What is sent to the server when a share is created or changed: made from what a form holds.
 */

/** @typedef {import("./types.js").Share} Share */
/** @typedef {import("./types.js").ShareSettings} ShareSettings */
/** @typedef {import("../components/field.js").FormValues} FormValues */

const hour = 3_600;
const day = 24 * hour;
const usualSpans = [hour, 8 * hour, day, 3 * day, 7 * day, 14 * day, 30 * day];

/** The choice of an expiry that is a day and a time. */
export const byDate = "date";

/**
 * For how long a share may be asked to last, in seconds, rising.
 * @param {Pick<ShareSettings, "default_expiry_seconds" | "max_expiry_seconds">} settings
 */
export function expirySpans({ default_expiry_seconds: usual, max_expiry_seconds: most }) {
  const spans = new Set([...usualSpans, usual].filter((seconds) => seconds <= most));
  if (spans.size === 0) spans.add(most);
  return [...spans].sort((one, other) => one - other);
}

/**
 * When something that was chosen ends.
 * @param {FormValues} values
 * @param {number} now milliseconds
 * @returns {Date | null} null while no date is written
 */
export function expiryOf(values, now) {
  if (values.expires_in_seconds !== byDate) return new Date(now + Number(values.expires_in_seconds) * 1_000);
  const date = new Date(String(values.expires_at));
  return Number.isNaN(date.getTime()) ? null : date;
}

/**
 * The expiry as the server wants it; nothing where it stays as it is.
 * @param {FormValues} values
 * @returns {Record<string, any>}
 */
export function expiryPart(values) {
  const { expires_in_seconds: choice } = values;
  if (choice === undefined || choice === "") return {};
  if (choice !== byDate) return { expires_in_seconds: Number(choice) };
  return { expires_at: expiryOf(values, 0)?.toISOString() ?? String(values.expires_at) };
}

/**
 * A number is sent as one; what is none is sent as it was typed, so that the server says what is wrong with it.
 * @param {string | boolean | undefined} value
 */
function countOf(value) {
  const text = String(value ?? "").trim();
  if (text === "") return null;
  return /^\d+$/.test(text) ? Number(text) : text;
}

/**
 * A new share, without what is at its default.
 * @param {FormValues} values
 * @param {readonly import("./types.js").SharedItem[]} items
 * @returns {Record<string, any>}
 */
export function createRequest(values, items) {
  const most = countOf(values.max_downloads);
  const note = String(values.note ?? "").trim();
  return {
    items: items.map(({ type, uid }) => ({ type, uid })),
    ...expiryPart(values),
    ...(values.password && { password: values.password }),
    ...(most !== null && { max_downloads: most }),
    ...(note && { note }),
    ...(values.language && { language: values.language }),
    policy: values.policy,
    shows_patient: values.shows_patient === true,
  };
}

/**
 * What differs from a share as it is.
 * @param {FormValues} values
 * @param {Share} share
 * @returns {Record<string, any>}
 */
export function changeRequest(values, share) {
  /** @type {Record<string, any>} */
  const wanted = {
    max_downloads: countOf(values.max_downloads),
    note: String(values.note ?? "").trim(),
    language: values.language || null,
    policy: values.policy,
    shows_patient: values.shows_patient === true,
  };
  const changed = Object.entries(wanted).filter(([key, value]) => value !== share[/** @type {keyof Share} */ (key)]);
  return {
    ...Object.fromEntries(changed),
    ...expiryPart(values),
    ...(values.password ? { password: values.password } : values.removes_password && { password: null }),
  };
}

/**
 * A moment as an input of the type `datetime-local` wants it: in the person's zone, to the minute.
 * @param {Date} date
 */
export function localInput(date) {
  const pad = (/** @type {number} */ value) => String(value).padStart(2, "0");
  const days = [String(date.getFullYear()).padStart(4, "0"), pad(date.getMonth() + 1), pad(date.getDate())];
  return `${days.join("-")}T${pad(date.getHours())}:${pad(date.getMinutes())}`;
}
