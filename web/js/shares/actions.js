/**
 * What can be done with a share that exists: extend, change, unlock, revoke.
 */

import { confirmDialog, openDialog } from "../components/dialog.js";
import { field, form } from "../components/field.js";
import { errorState, loadingState } from "../components/states.js";
import { toast } from "../components/toast.js";
import { api, path } from "../lib/api.js";
import { fill, h } from "../lib/dom.js";
import { formatDateTime, t } from "../lib/i18n.js";
import { expiryFields, limitField, moreFields, noteField, passwordField } from "./fields.js";
import { changeRequest, expiryPart } from "./request.js";
import { isOpen } from "./types.js";

/** @typedef {import("./types.js").Share} Share */
/** @typedef {import("./types.js").ShareSettings} ShareSettings */

/**
 * @typedef {object} ShareAction
 * @property {import("../components/icon.js").IconName} icon
 * @property {import("../lib/i18n.js").TextKey} label
 * @property {(share: Share) => Promise<boolean>} run whether something was done
 * @property {"danger"} [kind]
 */

/**
 * Those that make sense in a share's state.
 * @param {Share} share
 * @returns {ShareAction[]}
 */
export function actionsOf(share) {
  const actions = [];
  // Also where only some networks are locked out.
  if (share.state === "locked" || (isOpen(share) && share.failed_passwords > 0)) actions.push(unlock);
  if (share.state !== "revoked") actions.push(extend, change);
  if (isOpen(share) || share.state === "creator_gone") actions.push(revoke);
  return actions;
}

/** @type {ShareAction} */
const unlock = {
  icon: "lock",
  label: "shares.unlock",
  run: async (share) => {
    const isDone = await confirmDialog({
      title: t("shares.unlock_title"),
      text: t("shares.unlock_text", { count: share.failed_passwords }),
      confirm: t("shares.unlock"),
      run: () => patch(share, { locked: false }),
    });
    if (isDone) toast(t("shares.unlocked"), { kind: "success" });
    return isDone;
  },
};

/** @type {ShareAction} */
const revoke = {
  icon: "close",
  label: "shares.revoke",
  kind: "danger",
  run: async (share) => {
    const isDone = await confirmDialog({
      title: t("shares.revoke_title"),
      text: t("shares.revoke_text"),
      confirm: t("shares.revoke"),
      kind: "danger",
      run: () => api.delete(path`/api/shares/${share.id}`),
    });
    if (isDone) toast(t("shares.revoked"), { kind: "success" });
    return isDone;
  },
};

/** @type {ShareAction} */
const extend = {
  icon: "clock",
  label: "shares.extend",
  run: async (share) => {
    const after = await termsDialog(t("shares.extend_title"), share, (settings) => [
      h("p", { class: "muted" }, t("shares.extend_text", { time: formatDateTime(share.expires_at) })),
      expiryFields(settings),
    ], expiryPart);
    if (after) toast(t("shares.extended", { time: formatDateTime(after.expires_at) }), { kind: "success" });
    return after !== null;
  },
};

/** @type {ShareAction} */
const change = {
  icon: "settings",
  label: "shares.change",
  run: async (share) => {
    const after = await termsDialog(t("share.title_change"), share, (settings) => [
      expiryFields(settings, share),
      passwordField({ label: t("share.password_change"), hint: t("share.password_change_hint") }),
      share.has_password && !settings.is_password_required && field({
        name: "removes_password",
        label: t("share.password_remove"),
        hint: t("share.password_remove_hint"),
        type: "checkbox",
      }),
      limitField(share),
      noteField(share),
      moreFields(settings, share),
    ], (values) => changeRequest(values, share));
    if (after) toast(t("shares.changed"), { kind: "success" });
    return after !== null;
  },
};

/** @param {Share} share @param {object} body @returns {Promise<any>} */
function patch(share, body) {
  return api.patch(path`/api/shares/${share.id}`, body);
}

/**
 * A form about a share's terms, as the server's settings allow.
 * @param {string} title
 * @param {Share} share
 * @param {(settings: ShareSettings) => import("../lib/dom.js").Child[]} fields
 * @param {(values: import("../components/field.js").FormValues) => object} request
 * @returns {Promise<Share | null>} the share as it is afterwards
 */
async function termsDialog(title, share, fields, request) {
  const end = new AbortController();
  const after = await openDialog({
    title,
    content: (/** @type {(result: Share | null) => void} */ close) => {
      const place = h("div", { class: "share-dialog" });
      const load = async () => {
        fill(place, loadingState(3));
        try {
          const settings = await api.get("/api/shares/settings", { signal: end.signal });
          fill(
            place,
            form({
              children: fields(settings),
              submit: t("common.save"),
              onCancel: () => close(null),
              onSubmit: async (values) => {
                close(await patch(share, request(values)));
              },
            }),
          );
        } catch (error) {
          if (!end.signal.aborted) fill(place, errorState(error, load));
        }
      };
      load();
      return place;
    },
  });
  end.abort();
  return after;
}
