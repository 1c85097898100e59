/**
 * Adds or changes a source: what is essential first, the rest folded away; it can be tried before it is saved.
 */

import { api, ApiError, path } from "../lib/api.js";
import { fill, h } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { declarationOf, patchOf, shownValue, splitAddress } from "../lib/source-declaration.js";
import { choice } from "./account-menu.js";
import { button } from "./button.js";
import { openDialog } from "./dialog.js";
import { form, formValues } from "./field.js";
import { advancedGroups, essentialFields, timingFields } from "./source-fields.js";
import { isUsable, testReport } from "./source-test.js";
import { errorSentence, loadingState } from "./states.js";

/** @typedef {import("../lib/index-types.js").Source} Source */
/** @typedef {import("../lib/source-declaration.js").Declaration} Declaration */

/** A test waits for servers that do not answer. In milliseconds. */
export const testTimeout = 120_000;

/**
 * @param {Source | null} source to be changed; null for a new one
 * @returns {Promise<Source | null>} as the server has it now; null when nothing was saved
 */
export function sourceDialog(source) {
  return openDialog({
    title: source ? t("source.edit_title", { source: source.name }) : t("source.add_title"),
    mayDismiss: true,
    content: (/** @type {(result: Source | null) => void} */ close) => new SourceForm(source, close).element,
  });
}

class SourceForm {
  #source;
  /** As the source was when the form was opened. @type {Declaration} */
  #before;
  #result = h("div", { class: "test-result", role: "status" });
  element;

  /** @param {Source | null} source @param {(result: Source | null) => void} close */
  constructor(source, close) {
    this.#source = source;
    const type = String(shownValue(source, "type"));
    const kind = h("input", { type: "hidden", name: "type", value: type });
    this.element = form({
      attributes: { class: "form source-form" },
      children: [
        kind,
        choice(
          t("source.type"),
          [{ value: "smb", label: t("source.type_smb") }, { value: "local", label: t("source.type_local") }],
          type,
          (value) => {
            kind.value = value;
            this.#showType(value);
          },
        ),
        h("div", { class: "field-grid" }, essentialFields(source)),
        h("fieldset", { class: "group" }, h("legend", null, t("source.when")), timingFields(source)),
        h(
          "details",
          { class: "advanced" },
          h("summary", null, t("source.advanced")),
          advancedGroups(source).map(({ title, fields }) =>
            h("fieldset", { class: "group" }, h("legend", null, title), h("div", { class: "field-grid" }, fields))
          ),
        ),
        h(
          "div",
          { class: "form-test" },
          button(t("test.now"), { icon: "pulse", onClick: () => this.#test() }),
          h("p", { class: "field-hint" }, t("test.before_saving")),
        ),
        this.#result,
      ],
      submit: source ? t("common.save") : t("source.add"),
      onCancel: () => close(null),
      onSubmit: async () => close(await this.#save()),
    });
    this.#takeAddresses();
    this.#showType(type);
    this.#before = this.#declaration();
  }

  #declaration() {
    return declarationOf(formValues(this.element));
  }

  /** @returns {Declaration} what is changed of a source that there is */
  #patch() {
    const after = this.#declaration();
    const patch = patchOf(this.#before, after);
    // A password without a user is for nobody.
    if (this.#source?.has_password && !after.username) patch.password = null;
    return patch;
  }

  /** @returns {Promise<Source>} */
  async #save() {
    try {
      if (!this.#source) return await api.post("/api/sources", this.#declaration());
      const patch = this.#patch();
      if (Object.keys(patch).length === 0) return this.#source;
      return await api.patch(path`/api/sources/${this.#source.id}`, patch);
    } catch (error) {
      this.#unfoldProblems(error);
      throw error;
    }
  }

  async #test() {
    fill(this.#result, loadingState(4));
    try {
      const report = await this.#askTest();
      fill(this.#result, testReport(report), isUsable(report) && h("p", { class: "note success" }, t("test.usable")));
    } catch (error) {
      this.#unfoldProblems(error);
      const fields = error instanceof ApiError ? error.fields.map(({ message }) => h("li", null, message)) : [];
      fill(
        this.#result,
        h("p", { class: "form-error" }, errorSentence(error)),
        fields.length > 0 && h("ul", { class: "plain-list" }, fields),
      );
    }
    this.#result.scrollIntoView({ block: "nearest" });
  }

  #askTest() {
    const source = this.#source;
    const isUnchanged = source && Object.keys(this.#patch()).length === 0;
    return isUnchanged
      ? api.post(path`/api/sources/${source.id}/test`, {}, { timeout: testTimeout })
      : api.post("/api/sources/test", { name: "test", ...this.#declaration() }, { timeout: testTimeout });
  }

  /** Errors at folded fields would not be seen. @param {unknown} error */
  #unfoldProblems(error) {
    if (!(error instanceof ApiError)) return;
    const details = /** @type {HTMLDetailsElement | null} */ (this.element.querySelector("details.advanced"));
    if (
      error.fields.some(({ path: place }) =>
        details?.querySelector(`[name="${CSS.escape(place.replace(/^\$\.?/, ""))}"]`)
      )
    ) {
      details?.setAttribute("open", "");
    }
  }

  /** @param {string} type */
  #showType(type) {
    for (const part of /** @type {NodeListOf<HTMLElement>} */ (this.element.querySelectorAll("[data-only]"))) {
      part.hidden = part.dataset.only !== type;
      for (const input of part.querySelectorAll("input, select")) {
        // What is not shown is not asked for either.
        /** @type {HTMLInputElement} */ (input).disabled = part.hidden;
      }
    }
    const place = /** @type {HTMLInputElement} */ (this.element.querySelector("[name=path]"));
    const holder = /** @type {HTMLElement} */ (place.closest(".field"));
    place.required = type === "local";
    place.placeholder = type === "local" ? "/mnt/archive" : t("source.path_root");
    /** @type {HTMLElement} */ (holder.querySelector("label")).textContent = t(
      type === "local" ? "source.folder" : "source.path",
    );
  }

  /** An address that is put into the server's field is spread over the fields. */
  #takeAddresses() {
    const input = (
      /** @type {string} */ name,
    ) => /** @type {HTMLInputElement} */ (this.element.querySelector(`[name=${name}]`));
    const host = input("host");
    host.addEventListener("change", () => {
      const parts = splitAddress(host.value);
      if (!parts) return;
      for (const [name, value] of Object.entries(parts)) if (value !== "") input(name).value = value;
    });
  }
}
