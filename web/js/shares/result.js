/**
 * A link that was just made: the only time that it, and its password, are shown.
 */

import { copyFrom } from "../components/bits.js";
import { button } from "../components/button.js";
import { openDialog } from "../components/dialog.js";
import { icon } from "../components/icon.js";
import { h, uniqueID } from "../lib/dom.js";
import { currentLanguage, formatDateTime, languages, localeOf, t } from "../lib/i18n.js";
import { mailAddress, shareMail } from "./mail.js";
import { qrImage } from "./qr.js";
import { amountText } from "./words.js";

/** @typedef {import("./types.js").CreatedShare} CreatedShare */

/**
 * @param {CreatedShare} created
 * @param {string} password empty when there is none
 */
export async function showCreated({ share, link, qr }, password) {
  const mail = await mailOf(share, link);
  await openDialog({
    title: t("share.ready_title"),
    // A slip of the finger beside the dialog would lose it.
    mayDismiss: false,
    content: (close) => [
      h("p", { class: "note warning" }, icon("alert"), h("span", null, t("share.ready_once"))),
      secret(t("share.link"), link, t("share.copy_link"), { kind: "primary", autofocus: true }),
      password
        ? h(
          "div",
          { class: "told" },
          secret(t("share.password"), password, t("share.copy_password")),
          h("p", { class: "field-hint" }, t("share.password_once")),
        )
        : null,
      h(
        "figure",
        { class: "qr-figure" },
        qrImage(qr, t("share.qr_label")),
        h(
          "figcaption",
          null,
          h("p", null, t("share.qr_text")),
          h("p", { class: "muted" }, t("share.valid_until", { time: formatDateTime(share.expires_at) })),
          h("p", { class: "muted" }, amountText(share.summary)),
        ),
      ),
      mailPart(mail),
      h("div", { class: "form-actions" }, button(t("share.done"), { onClick: () => close(null) })),
    ],
  });
}

/**
 * In the recipient's language, where one was chosen.
 * @param {import("./types.js").Share} share
 * @param {string} link
 */
async function mailOf(share, link) {
  const tag = share.language && Object.hasOwn(languages, share.language) ? share.language : currentLanguage();
  const texts = await languages[tag]?.load();
  return shareMail(texts?.default ?? {}, localeOf(tag), { ...share, link });
}

/** @param {import("./mail.js").Mail} mail */
function mailPart(mail) {
  const id = uniqueID("mail");
  const text = h("textarea", { class: "input", id, readonly: true, rows: 9 }, mail.body);
  return h(
    "details",
    { class: "more-options" },
    h("summary", null, t("share.mail")),
    h("label", { class: "field-hint", for: id }, t("share.mail_hint")),
    text,
    h(
      "div",
      { class: "form-actions" },
      copyFrom(t("share.copy_mail"), text),
      h("a", { class: "button plain", href: mailAddress(mail) }, h("span", null, t("share.open_mail"))),
    ),
  );
}

/**
 * A text to be copied.
 * @param {string} label
 * @param {string} value
 * @param {string} action
 * @param {{ kind?: "plain" | "primary", autofocus?: boolean }} [options]
 */
function secret(label, value, action, { kind, autofocus } = {}) {
  const id = uniqueID("secret");
  const input = h("input", { class: "input mono", id, readonly: true, value, autofocus });
  input.addEventListener("focus", () => input.select());
  return h(
    "div",
    { class: "field" },
    h("label", { for: id }, label),
    h("div", { class: "input-row" }, input, copyFrom(action, input, { kind })),
  );
}
