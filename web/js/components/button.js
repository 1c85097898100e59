import { h } from "../lib/dom.js";
import { icon } from "./icon.js";

/** @typedef {import("./icon.js").IconName} IconName */

/**
 * A button. `kind`: `primary` for what one came to do (one in a view), `danger` for what destroys, `quiet` without a frame.
 * With `iconOnly`, the text is its label.
 * @param {string} text
 * @param {{
 *   kind?: "plain" | "primary" | "danger" | "quiet",
 *   icon?: IconName,
 *   iconOnly?: boolean,
 *   type?: "button" | "submit",
 *   onClick?: (event: MouseEvent) => void | Promise<void>,
 *   attributes?: import("../lib/dom.js").Attributes,
 * }} [options]
 */
export function button(
  text,
  { kind = "plain", icon: name, iconOnly = false, type = "button", onClick, attributes } = {},
) {
  const element = h(
    "button",
    {
      type,
      class: `button ${kind}${iconOnly ? " icon-only" : ""}`,
      "aria-label": iconOnly ? text : null,
      title: iconOnly ? text : null,
      ...attributes,
    },
    name && icon(name),
    iconOnly ? null : h("span", null, text),
  );
  if (onClick) {
    element.addEventListener("click", (event) => {
      if (element.getAttribute("aria-disabled") === "true") return;
      const result = onClick(event);
      if (result instanceof Promise) busyWhile(element, result);
    });
  }
  return element;
}

/**
 * Shows that a button's action runs, and takes no second press meanwhile. The button keeps the focus.
 * @template Value
 * @param {HTMLButtonElement} element
 * @param {Promise<Value>} action
 * @returns {Promise<Value>}
 */
export async function busyWhile(element, action) {
  element.setAttribute("aria-disabled", "true");
  element.classList.add("busy");
  try {
    return await action;
  } finally {
    element.removeAttribute("aria-disabled");
    element.classList.remove("busy");
  }
}

/**
 * A link that looks like a button.
 * @param {string} text
 * @param {string} href
 * @param {{ kind?: "plain" | "primary" | "quiet", icon?: IconName }} [options]
 */
export function linkButton(text, href, { kind = "plain", icon: name } = {}) {
  return h("a", { class: `button ${kind}`, href }, name && icon(name), h("span", null, text));
}
