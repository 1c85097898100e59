/**
 * Dialogs on the browser's own `<dialog>`: the rest of the page is inert, Escape closes, the focus returns.
 */

import { append, h, uniqueID } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { busyWhile, button } from "./button.js";
import { errorSentence } from "./states.js";

/**
 * Opens a dialog. `content` gets a function that closes it with a result; Escape, the cross and the scrim close it with null.
 * @template Result
 * @param {{
 *   title: string,
 *   kind?: "plain" | "sheet" | "wide",
 *   content: (close: (result: Result | null) => void) => import("../lib/dom.js").Child,
 *   mayDismiss?: boolean,
 * }} about `sheet` and `wide` rise from the edge of a phone
 * @returns {Promise<Result | null>}
 */
export function openDialog({ title, kind = "plain", content, mayDismiss = true }) {
  return new Promise((resolve) => {
    const id = uniqueID("dialog");
    /** @type {Result | null} */
    let result = null;
    const dialog = h("dialog", {
      class: `dialog ${kind}`,
      "aria-labelledby": id,
      // A second Escape would close it all the same.
      closedby: mayDismiss ? null : "none",
    });
    /** @param {Result | null} value */
    const close = (value) => {
      result = value;
      dialog.close();
    };
    dialog.append(
      h(
        "div",
        { class: "dialog-head" },
        h("h2", { id, tabindex: "-1" }, title),
        mayDismiss &&
          button(t("common.close"), { kind: "quiet", icon: "close", iconOnly: true, onClick: () => close(null) }),
      ),
    );
    const body = h("div", { class: "dialog-body" });
    const inside = content(close);
    append(body, [inside]);
    dialog.append(body);
    dialog.addEventListener("cancel", (event) => {
      if (!mayDismiss) event.preventDefault();
    });
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog && mayDismiss) close(null);
    });
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(result);
    });
    document.body.append(dialog);
    dialog.showModal();
    const first =
      /** @type {HTMLElement | null} */ (dialog.querySelector("[autofocus], .dialog-body input:not([type=hidden])"));
    (first ?? /** @type {HTMLElement} */ (dialog.querySelector("h2"))).focus();
  });
}

/**
 * Asks before something is done; `run` is done while the dialog is open, and an error of it is shown there.
 * @param {{
 *   title: string,
 *   text: string | Node,
 *   confirm: string,
 *   kind?: "primary" | "danger",
 *   run?: () => Promise<void>,
 * }} about
 * @returns {Promise<boolean>} whether it was confirmed, and done
 */
export async function confirmDialog({ title, text, confirm, kind = "primary", run }) {
  const answer = await openDialog({
    title,
    content: (/** @type {(result: boolean | null) => void} */ close) => {
      const problem = h("p", { class: "form-error", role: "alert", hidden: true });
      const go = button(confirm, { kind });
      go.addEventListener("click", async () => {
        if (go.getAttribute("aria-disabled") === "true") return;
        try {
          if (run) await busyWhile(go, run());
          close(true);
        } catch (error) {
          problem.textContent = errorSentence(error);
          problem.hidden = false;
        }
      });
      return [
        h("p", null, text),
        problem,
        h("div", { class: "form-actions" }, button(t("common.cancel"), { onClick: () => close(null) }), go),
      ];
    },
  });
  return answer === true;
}
