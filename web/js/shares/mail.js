/**
 * The text of a mail that brings a link: nothing in it says whose images these are, or gives the password.
 */

/** @typedef {import("../lib/i18n.js").TextTable} TextTable */
/** @typedef {{ subject: string, body: string }} Mail */

/**
 * @param {TextTable} texts in the language of the recipient
 * @param {string} locale of the texts
 * @param {{ link: string, expires_at: string, has_password: boolean, timeZone?: string }} about
 * @returns {Mail}
 */
export function shareMail(texts, locale, { link, expires_at: end, has_password: hasPassword, timeZone }) {
  const time = new Intl.DateTimeFormat(locale, {
    day: "numeric",
    month: "long",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    timeZoneName: "short",
    timeZone,
  }).format(new Date(end));
  /** @param {string} key */
  const text = (key) => String(texts[key]);
  return {
    subject: text("share_mail.subject"),
    body: [
      text("share_mail.greeting"),
      text("share_mail.what"),
      link,
      text("share_mail.until").replace("{time}", time),
      ...(hasPassword ? [text("share_mail.password")] : []),
      text("share_mail.care"),
    ].join("\n\n"),
  };
}

/**
 * An address that opens the person's mail program with the mail in it.
 *
 * Source: RFC 6068 §5: lines end with %0D%0A.
 * @param {Mail} mail
 */
export function mailAddress({ subject, body }) {
  return `mailto:?subject=${encodeURIComponent(subject)}&body=${encodeURIComponent(body.replaceAll("\n", "\r\n"))}`;
}
