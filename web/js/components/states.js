/**
 * What a view shows when it has nothing to show: loading, empty, error, offline.
 */

import { ApiError } from "../lib/api.js";
import { h } from "../lib/dom.js";
import { t, textIfKnown } from "../lib/i18n.js";
import { button } from "./button.js";
import { icon } from "./icon.js";

/**
 * @param {{
 *   icon: import("./icon.js").IconName,
 *   title: string,
 *   text?: string | Node,
 *   actions?: (Node | null | false | undefined)[],
 *   kind?: "plain" | "error",
 *   isPage?: boolean,
 * }} about `isPage`: it is all that the page shows, and its title the page's
 */
export function emptyState({ icon: name, title, text, actions = [], kind = "plain", isPage = false }) {
  return h(
    "div",
    { class: `state ${kind}` },
    h("div", { class: "state-icon" }, icon(name)),
    isPage ? h("h1", { tabindex: "-1" }, title) : h("h2", null, title),
    text ? h("p", { class: "muted" }, text) : null,
    actions.length > 0 ? h("div", { class: "state-actions" }, ...actions) : null,
  );
}

/**
 * Grey lines in the shape of what will come. It is said aloud once.
 * @param {number} [lines]
 */
export function loadingState(lines = 5) {
  return h(
    "div",
    { class: "skeleton", role: "status" },
    h("span", { class: "visually-hidden" }, t("common.loading")),
    Array.from({ length: lines }, () => h("div", { class: "skeleton-line", "aria-hidden": "true" })),
  );
}

/**
 * Why something failed, in words, with what to do.
 * @param {unknown} error
 * @param {(() => void | Promise<void>) | null} [retry]
 */
export function errorState(error, retry = null) {
  const { title, text, reference } = errorWords(error);
  const isOffline = error instanceof ApiError && error.kind === "offline";
  return h(
    "div",
    { role: "alert" },
    emptyState({
      icon: isOffline ? "unplugged" : "alert",
      kind: "error",
      title,
      text: h("span", null, text, reference ? h("small", { class: "reference" }, reference) : null),
      actions: [retry && button(t("common.retry"), { icon: "refresh", onClick: retry })],
    }),
  );
}

/**
 * An error as one sentence, for a toast or beside a form.
 * @param {unknown} error
 */
export function errorSentence(error) {
  const { title, text } = errorWords(error);
  return text || title;
}

/**
 * The words for an error: ours for codes that we know, otherwise the server's.
 * @param {unknown} error
 * @returns {{ title: string, text: string, reference: string }}
 */
export function errorWords(error) {
  if (!(error instanceof ApiError)) {
    return { title: t("error.unexpected_title"), text: t("error.unexpected_text"), reference: String(error) };
  }
  const reference = error.requestID && error.kind === "server" ? t("error.reference", { id: error.requestID }) : "";
  const known = error.code ? textIfKnown(`problem.${error.code}`, { seconds: Math.ceil(error.retryAfter ?? 1) }) : null;
  switch (error.kind) {
    case "offline":
      return { title: t("error.offline_title"), text: t("error.offline_text"), reference };
    case "limited":
      return {
        title: t("error.limited_title"),
        text: known ?? t("error.limited_text", { count: Math.max(1, Math.ceil(error.retryAfter ?? 1)) }),
        reference,
      };
    case "refused":
      return { title: t("error.refused_title"), text: known ?? t("error.refused_text"), reference };
    case "signed-out":
      return { title: t("error.signed_out_title"), text: known ?? t("error.signed_out_text"), reference };
    case "server":
      return { title: t("error.server_title"), text: known ?? t("error.server_text"), reference };
    default:
      return { title: t("error.other_title"), text: known ?? error.detail, reference };
  }
}
