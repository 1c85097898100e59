/**
 * What is selected for sharing, and what to do with it: at the foot of the catalogue while there is anything.
 */

import { button } from "../components/button.js";
import { toast } from "../components/toast.js";
import { fill, h } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { shareDialog } from "./dialog.js";
import { choiceOf, mostChoices, Selection } from "./selection.js";

/** @typedef {import("../catalogue/results.js").Entry} Entry */

export class Sharing {
  selection = new Selection();
  #count = h("span", { role: "status" });
  #buttons = h("div", { class: "selection-actions" });
  element = h(
    "section",
    { class: "selection-bar", "aria-label": t("share.selection") },
    this.#count,
    this.#buttons,
  );

  /** @param {{ changed: () => void, emptied: () => void }} on `emptied`: the bar with the focus in it is gone */
  constructor(on) {
    this.on = on;
    this.selection.addEventListener("change", () => this.#show());
  }

  #show() {
    const { size } = this.selection;
    const hadFocus = this.#buttons.contains(document.activeElement);
    this.element.classList.toggle("on", size > 0);
    fill(this.#count, size > 0 ? t("share.selected", { count: size }) : "");
    if (size === 0) fill(this.#buttons);
    else if (!this.#buttons.firstChild) {
      fill(
        this.#buttons,
        button(t("share.clear_selection"), { kind: "quiet", onClick: () => this.selection.clear() }),
        button(t("share.share"), { kind: "primary", icon: "share", onClick: () => void this.#shareSelection() }),
      );
    }
    this.on.changed();
    if (size === 0 && hadFocus) this.on.emptied();
  }

  async #shareSelection() {
    if (await shareDialog(this.selection.choices)) this.selection.clear();
  }

  /** Selects, or no longer. @param {Entry} entry */
  toggle(entry) {
    if (!this.selection.toggle(entry)) toast(t("share.too_many", { most: mostChoices }), { kind: "error" });
  }

  /** Shares one study or series. @param {Entry} entry */
  share(entry) {
    const choice = choiceOf(entry);
    if (choice) void shareDialog([choice]);
  }

  /**
   * What can be done with an entry whose details are shown.
   * @param {Entry} entry
   * @param {AbortSignal} signal
   */
  actions(entry, signal) {
    if (!choiceOf(entry)) return null;
    const select = button(t("share.column_select"), {
      icon: "plus",
      attributes: { title: t("share.select") },
      onClick: () => this.toggle(entry),
    });
    const show = () => select.setAttribute("aria-pressed", String(this.selection.state(entry) === "all"));
    this.selection.addEventListener("change", show, { signal });
    show();
    return h(
      "div",
      { class: "detail-actions" },
      button(t(entry.kind === "series" ? "share.share_series" : "share.share_study"), {
        icon: "share",
        onClick: () => this.share(entry),
      }),
      select,
    );
  }
}
