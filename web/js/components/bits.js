/**
 * Small things that many pages show.
 */

import { h } from "../lib/dom.js";
import { formatDateTime, formatRelative, t } from "../lib/i18n.js";
import { button } from "./button.js";
import { icon } from "./icon.js";
import { announce, toast } from "./toast.js";

/**
 * A word in a frame: a state, a modality.
 * @param {string} text
 * @param {{ kind?: "plain" | "accent" | "success" | "warning" | "danger", icon?: import("./icon.js").IconName, title?: string }} [options]
 */
export function badge(text, { kind = "plain", icon: name, title } = {}) {
  return h("span", { class: `badge ${kind}`, title: title ?? null }, name && icon(name), text);
}

/**
 * A button that copies a text, and says that it did.
 * @param {string} text
 * @param {string} label such as "Copy study UID"
 */
export function copyButton(text, label) {
  const element = button(label, {
    kind: "quiet",
    icon: "copy",
    iconOnly: true,
    onClick: async () => {
      if (!(await copyText(text))) return;
      element.replaceChildren(icon("check"));
      setTimeout(() => element.replaceChildren(icon("copy")), 1_500);
    },
  });
  return element;
}

/**
 * @param {string} text
 * @returns {Promise<boolean>}
 */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    announce(t("common.copied"));
    return true;
  } catch {
    toast(t("common.copy_failed"), { kind: "error" });
    return false;
  }
}

/**
 * A button that says what it copies, and then that it did; where copying is not allowed the text is marked, to be copied by hand.
 * @param {string} label
 * @param {HTMLInputElement | HTMLTextAreaElement} source
 * @param {{ kind?: "plain" | "primary" }} [options]
 */
export function copyFrom(label, source, { kind = "plain" } = {}) {
  const element = button(label, {
    kind,
    icon: "copy",
    onClick: async () => {
      const isCopied = await copyText(source.value);
      source.select();
      if (!isCopied) return source.focus();
      element.replaceChildren(icon("check"), h("span", null, t("common.copied")));
      setTimeout(() => element.replaceChildren(icon("copy"), h("span", null, label)), 1_500);
    },
  });
  return element;
}

/**
 * A moment: relative where it is recent, in full on hover.
 * @param {string | null} iso
 * @param {{ relative?: boolean, absent?: string }} [options]
 */
export function time(iso, { relative = false, absent = "–" } = {}) {
  if (!iso) return h("span", { class: "muted" }, absent);
  return h(
    "time",
    { datetime: iso, title: relative ? formatDateTime(iso) : null },
    relative ? formatRelative(iso) : formatDateTime(iso),
  );
}

/**
 * A frame with a heading around a part of a page.
 * @param {{ title: string, text?: string, actions?: import("../lib/dom.js").Child }} about
 * @param {...import("../lib/dom.js").Child} children
 */
export function panel({ title, text, actions }, ...children) {
  return h(
    "section",
    { class: "panel" },
    h(
      "div",
      { class: "panel-head" },
      h("div", null, h("h2", null, title), text ? h("p", { class: "muted" }, text) : null),
      actions ? h("div", { class: "panel-actions" }, actions) : null,
    ),
    ...children,
  );
}

/**
 * A page's heading, with what one can do on the page.
 * @param {string} title
 * @param {{ text?: string, actions?: import("../lib/dom.js").Child }} [options]
 */
export function pageHead(title, { text, actions } = {}) {
  return h(
    "div",
    { class: "page-head" },
    h("div", null, h("h1", { tabindex: "-1" }, title), text ? h("p", { class: "muted" }, text) : null),
    actions ? h("div", { class: "page-actions" }, actions) : null,
  );
}
