/**
 * Short messages at the edge of the page. They are read out; those that offer an action or tell of an error stay until dismissed.
 */

import { h } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { button } from "./button.js";
import { icon } from "./icon.js";

const shownFor = 5_000;

/** @type {HTMLElement | null} */
let region = null;

function container() {
  if (!region?.isConnected) {
    region = h("div", { class: "toasts", role: "status", "aria-live": "polite", "aria-atomic": "false" });
    document.body.append(region);
  }
  return region;
}

/** Puts the live region into the page before there is anything to say: otherwise the first message would not be read out. */
export function prepareToasts() {
  container();
}

/**
 * @param {string} text
 * @param {{ kind?: "info" | "success" | "error", action?: { label: string, run: () => void } }} [options]
 */
export function toast(text, { kind = "info", action } = {}) {
  const element = h(
    "div",
    { class: `toast ${kind}` },
    icon(kind === "error" ? "alert" : kind === "success" ? "check" : "info"),
    h("p", null, text),
  );
  const close = () => {
    clearTimeout(timer);
    element.remove();
  };
  if (action) {
    element.append(button(action.label, {
      kind: "quiet",
      onClick: () => {
        close();
        action.run();
      },
    }));
  }
  element.append(button(t("common.dismiss"), { kind: "quiet", icon: "close", iconOnly: true, onClick: close }));
  const timer = kind === "error" || action ? undefined : setTimeout(close, shownFor);
  container().append(element);
  // What was not read when four others came will not be.
  while (container().children.length > 4) container().firstElementChild?.remove();
  return close;
}

/** @type {HTMLElement | null} */
let announcer = null;

/**
 * Says something to people who listen, without showing it.
 * @param {string} text
 */
export function announce(text) {
  if (!announcer?.isConnected) {
    announcer = h("div", { class: "visually-hidden", role: "status", "aria-live": "polite" });
    document.body.append(announcer);
  }
  announcer.textContent = text;
}
