/**
 * A panel that hangs on a button: menus and filters. The browser's popover closes it on Escape and on a press elsewhere.
 */

import { append, h, uniqueID } from "../lib/dom.js";

/**
 * @param {HTMLButtonElement} opener
 * @param {{
 *   label: string,
 *   content: (close: () => void) => import("../lib/dom.js").Child,
 *   align?: "start" | "end",
 *   onClose?: () => void,
 * }} about the content is made each time it opens
 * @returns {HTMLElement} the panel; put it beside the button
 */
export function popover(opener, { label, content, align = "start", onClose }) {
  const id = uniqueID("popover");
  const panel = h("div", { class: "popover", id, popover: "auto", role: "group", "aria-label": label });
  opener.setAttribute("popovertarget", id);
  opener.setAttribute("aria-expanded", "false");
  opener.setAttribute("aria-controls", id);
  const place = () => {
    const button = opener.getBoundingClientRect();
    const [margin, gap] = [8, 6];
    const width = panel.offsetWidth;
    const wanted = align === "start" ? button.left : button.right - width;
    const left = Math.max(margin, Math.min(wanted, document.documentElement.clientWidth - width - margin));
    panel.style.setProperty("left", `${left}px`);
    // Above the button where there is more room than below it.
    const [above, below] = [button.top - gap - margin, innerHeight - button.bottom - gap - margin];
    const rises = panel.scrollHeight > below && above > below;
    panel.style.setProperty("top", rises ? "auto" : `${button.bottom + gap}px`);
    panel.style.setProperty("bottom", rises ? `${innerHeight - button.top + gap}px` : "auto");
    panel.style.setProperty("max-height", `${Math.max(160, rises ? above : below)}px`);
  };
  panel.addEventListener("beforetoggle", (event) => {
    if (/** @type {ToggleEvent} */ (event).newState !== "open") return;
    panel.replaceChildren();
    const inside = content(() => panel.hidePopover());
    append(panel, [inside]);
  });
  panel.addEventListener("toggle", (event) => {
    const isOpen = /** @type {ToggleEvent} */ (event).newState === "open";
    opener.setAttribute("aria-expanded", String(isOpen));
    if (isOpen) {
      place();
      addEventListener("resize", place);
      const first = /** @type {HTMLElement | null} */ (panel.querySelector("[autofocus], input, button, a, select"));
      first?.focus();
    } else {
      removeEventListener("resize", place);
      onClose?.();
    }
  });
  return panel;
}
