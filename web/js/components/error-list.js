/**
 * A job's errors: by cause with what to do about it, then one by one.
 */

import { api } from "../lib/api.js";
import { fill, h, uniqueID } from "../lib/dom.js";
import { formatNumber, t } from "../lib/i18n.js";
import { badge, copyButton, time } from "./bits.js";
import { button } from "./button.js";
import { icon } from "./icon.js";
import { causeText, errorTypeText, remedyText, serverWords } from "./index-words.js";
import { errorSentence, errorState, loadingState } from "./states.js";
import { table } from "./table.js";
import { toast } from "./toast.js";

/** @typedef {import("../lib/index-types.js").StoredError} StoredError */
/** @typedef {import("../lib/index-types.js").ErrorClass} ErrorClass */

const pageLength = 50;
/** How long nothing is typed before it is searched, in milliseconds. */
const settling = 300;

export class ErrorList {
  #job;
  #life;
  #classes = h("div");
  #list = h("div");
  #code = "";
  #path = "";
  /** @type {StoredError[]} */
  #errors = [];
  /** @type {string | null} */
  #cursor = null;
  /** @type {ErrorClass[]} */
  #known = [];
  #count = 0;
  #turn = 0;
  #table = table({
    caption: t("errors.title"),
    rows: /** @type {StoredError[]} */ ([]),
    key: (error) => error.id,
    columns: [
      {
        label: t("errors.path"),
        kind: "main",
        cell: (error) =>
          h(
            "span",
            { class: "path" },
            h("span", { class: "mono" }, error.path || "/"),
            copyButton(error.path, t("errors.copy_path")),
          ),
      },
      { label: t("errors.cause"), cell: (error) => causeText(error.error_code, error.message) },
      { label: t("errors.tried"), align: "end", cell: (error) => formatNumber(error.retry_count + 1) },
      { label: t("errors.time"), cell: (error) => time(error.time) },
    ],
  });
  element = h("div", { class: "errors" }, this.#classes, this.#filters(), this.#list);

  /** @param {number} job @param {AbortSignal} life */
  constructor(job, life) {
    this.#job = job;
    this.#life = life;
  }

  /** So many there are now; they are asked for again when there are more. @param {number} count */
  note(count) {
    if (count === this.#count || document.visibilityState !== "visible") return;
    const isFirst = this.#count === 0;
    this.#count = count;
    // While a job runs, each new error need not be fetched at once.
    if (isFirst) this.load();
    else this.#later();
  }

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  #later() {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      if (!this.#life.aborted) this.load();
    }, 5_000);
  }

  async load() {
    const turn = ++this.#turn;
    const slow = setTimeout(() => this.#errors.length > 0 || fill(this.#list, loadingState(3)), 200);
    try {
      const { errors, cursor, classes } = await this.#ask(null);
      if (turn !== this.#turn) return;
      [this.#errors, this.#cursor] = [errors, cursor];
      // Filtered answers count only what fits the filter.
      if (this.#code === "" && this.#path === "") this.#known = classes;
      this.#show();
    } catch (error) {
      if (!this.#life.aborted && turn === this.#turn) fill(this.#list, errorState(error, () => this.load()));
    } finally {
      clearTimeout(slow);
    }
  }

  /** @param {string | null} after */
  #ask(after) {
    return api.get("/api/index/errors", {
      query: { job: this.#job, error_code: this.#code, path: this.#path, limit: pageLength, after },
      signal: this.#life,
    });
  }

  #show() {
    const filters = /** @type {HTMLElement} */ (this.element.querySelector(".filters"));
    filters.hidden = this.#known.length === 0;
    if (this.#known.length === 0) {
      fill(this.#classes);
      fill(this.#list, h("p", { class: "with-icon success-text" }, icon("check"), t("errors.none")));
      return;
    }
    fill(
      this.#classes,
      h("ul", { class: "error-classes" }, this.#known.map((known, index) => this.#class(known, index))),
    );
    this.#table.update(this.#errors);
    fill(
      this.#list,
      this.#errors.length === 0 ? h("p", { class: "muted" }, t("errors.none_found")) : this.#table.element,
      this.#cursor && h("div", { class: "more" }, button(t("admin.more"), { onClick: () => this.#more() })),
    );
  }

  async #more() {
    try {
      const { errors, cursor } = await this.#ask(this.#cursor);
      this.#errors = [...this.#errors, ...errors];
      this.#cursor = cursor;
      this.#show();
    } catch (error) {
      toast(errorSentence(error), { kind: "error" });
    }
  }

  /** @param {ErrorClass} known @param {number} index */
  #class({ error_type: type, error_code: code, count, suggestion, example_path: example }, index) {
    const isChosen = this.#code === code;
    const remedy = remedyText(code, suggestion);
    return h(
      "li",
      null,
      h(
        "button",
        {
          type: "button",
          class: "error-class",
          "aria-pressed": String(isChosen),
          on: {
            click: async () => {
              this.#code = isChosen ? "" : code;
              await this.load();
              // The list was made anew: the keyboard stays at this class.
              this.#classes.querySelectorAll("button")[index]?.focus();
            },
          },
        },
        h("span", { class: "error-count numeric" }, formatNumber(count)),
        h(
          "span",
          { class: "error-words" },
          h("strong", null, causeText(code)),
          badge(errorTypeText(type)),
          h("code", null, code),
        ),
      ),
      h("p", null, remedy === suggestion ? serverWords(remedy) : remedy),
      h("p", { class: "muted path mono" }, t("errors.example", { path: example || "/" })),
    );
  }

  #filters() {
    const id = uniqueID("errors");
    const input = h("input", {
      class: "input",
      id,
      type: "search",
      placeholder: t("errors.filter_path"),
      spellcheck: "false",
    });
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    input.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        this.#path = input.value.trim();
        this.load();
      }, settling);
    });
    return h(
      "div",
      { class: "filters", hidden: true },
      h("label", { class: "visually-hidden", for: id }, t("errors.filter_path")),
      input,
    );
  }
}
