/**
 * The one search field: reports what is typed as soon as the hand rests for a moment.
 */

import { button } from "../components/button.js";
import { icon } from "../components/icon.js";
import { h } from "../lib/dom.js";
import { t } from "../lib/i18n.js";

/** So short that it is not felt, so long that fast typing is one search. */
const rest = 120;

export class SearchField {
  #input = h("input", {
    type: "search",
    class: "search-input",
    "aria-label": t("catalogue.search_label"),
    placeholder: t("catalogue.search_placeholder"),
    autocomplete: "off",
    autocapitalize: "off",
    spellcheck: "false",
    enterkeyhint: "search",
    maxlength: "500",
  });
  #clear = button(t("catalogue.clear_search"), {
    kind: "quiet",
    icon: "close",
    iconOnly: true,
    onClick: () => this.#empty(),
  });
  element = h(
    "div",
    { class: "search", role: "search" },
    icon("search"),
    this.#input,
    h("kbd", { class: "search-key", "aria-hidden": "true" }, "/"),
    this.#clear,
    h("div", { class: "search-progress", "aria-hidden": "true" }),
  );
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #reported = "";
  /** Letters that are being composed, as in Japanese, are not yet a text. */
  #isComposing = false;

  /**
   * @param {{ type: (text: string) => void, submit: (text: string) => void, down: () => void }} on
   */
  constructor(on) {
    this.on = on;
    this.#input.addEventListener("compositionstart", () => this.#isComposing = true);
    this.#input.addEventListener("compositionend", () => {
      this.#isComposing = false;
      this.#typed();
    });
    this.#input.addEventListener("input", () => this.#typed());
    this.#input.addEventListener("keydown", (event) => this.#key(event));
    this.#showClear();
  }

  get value() {
    return this.#input.value;
  }

  set value(text) {
    clearTimeout(this.#timer);
    this.#reported = text;
    if (this.#input.value !== text) this.#input.value = text;
    this.#showClear();
  }

  /** The text is marked, so that typing replaces it only when one comes from elsewhere and means to. */
  focus() {
    this.#input.focus({ preventScroll: true });
  }

  /** @param {boolean} isBusy */
  setBusy(isBusy) {
    this.element.classList.toggle("busy", isBusy);
  }

  #typed() {
    this.#showClear();
    if (this.#isComposing) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#report(), rest);
  }

  #report() {
    clearTimeout(this.#timer);
    if (this.#input.value === this.#reported) return;
    this.#reported = this.#input.value;
    this.on.type(this.#reported);
  }

  #empty() {
    this.#input.value = "";
    this.#showClear();
    this.#report();
    this.focus();
  }

  #showClear() {
    this.#clear.hidden = this.#input.value === "";
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.isComposing) return;
    if (event.key === "ArrowDown") {
      event.preventDefault();
      this.on.down();
    } else if (event.key === "Enter") {
      event.preventDefault();
      clearTimeout(this.#timer);
      this.#reported = this.#input.value;
      this.on.submit(this.#reported);
    } else if (event.key === "Escape" && this.#input.value !== "") {
      event.preventDefault();
      this.#empty();
    }
  }
}
