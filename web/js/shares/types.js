/**
 * The shapes of what the server says of shares.
 *
 * @typedef {{ type: "study" | "series", uid: string }} SharedItem
 *
 * @typedef {{ studies: number, series: number, instances: number, bytes: number, modalities: string[] }} ShareSummary
 *
 * @typedef {"active" | "expired" | "revoked" | "used_up" | "locked" | "creator_gone"} ShareState
 *
 * @typedef {object} Share
 * @property {string} id
 * @property {"study" | "series" | "set"} kind
 * @property {SharedItem[]} items
 * @property {ShareSummary} summary
 * @property {string} created_by
 * @property {string} created_at
 * @property {string} expires_at
 * @property {ShareState} state
 * @property {boolean} has_password
 * @property {number | null} max_downloads
 * @property {number} downloads
 * @property {number} active_downloads
 * @property {number} bytes_sent
 * @property {number} access_count
 * @property {string | null} last_accessed
 * @property {string | null} revoked_at
 * @property {string | null} revoked_by
 * @property {string} note
 * @property {string | null} language
 * @property {"strict" | "manifest"} policy
 * @property {boolean} shows_patient
 * @property {number} failed_passwords
 * @property {boolean} is_conflict_confirmed
 *
 * @typedef {{ size: number, rows: string[] }} QRModules a row is a text of `0` (light) and `1` (dark)
 *
 * @typedef {{ share: Share, link: string, qr: QRModules }} CreatedShare the only answer that holds the link
 *
 * @typedef {{
 *   default_expiry_seconds: number, max_expiry_seconds: number, is_password_required: boolean, shows_patient: boolean, resume_seconds: number,
 * }} ShareSettings
 *
 * @typedef {{
 *   shares: Record<ShareState, number>, downloads: number, bytes: number, failed_passwords: number, access_count: number,
 * }} ShareStatistics
 *
 * @typedef {{
 *   id: number, accessed_at: string, ended_at: string | null, ip_address: string, user_agent: string,
 *   action: "view" | "unlock" | "download", success: boolean | null, code: string, bytes: number, range: string | null,
 * }} ShareLogEntry `success` is null while a download runs; `range` as `0-1023`
 */

/** What the list can be narrowed to, those that need a look first. @type {ShareState[]} */
export const shareStates = ["active", "locked", "expired", "used_up", "revoked", "creator_gone"];

/** Whether a recipient could get something now, or could again once it is unlocked. @param {Share} share */
export function isOpen({ state }) {
  return state === "active" || state === "locked";
}
