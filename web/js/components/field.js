/**
 * Form fields with label, hint and error, and forms that send them.
 */

import { ApiError } from "../lib/api.js";
import { h, uniqueID } from "../lib/dom.js";
import { t, textIfKnown } from "../lib/i18n.js";
import { busyWhile, button } from "./button.js";
import { icon } from "./icon.js";
import { errorSentence } from "./states.js";

/**
 * @typedef {object} FieldOptions
 * @property {string} name also the JSON key that the server's errors name
 * @property {string} label
 * @property {string} [hint]
 * @property {"text" | "password" | "number" | "date" | "datetime-local" | "select" | "checkbox" | "textarea" | "file"} [type]
 * @property {string | number | boolean | null} [value]
 * @property {boolean} [required]
 * @property {string} [autocomplete]
 * @property {{ value: string, label: string }[]} [options] of a select
 * @property {import("../lib/dom.js").Attributes} [attributes] of the input, such as `minlength`, `inputmode`, `placeholder`
 */

/**
 * @param {FieldOptions} options
 * @returns {HTMLDivElement} the input inside has the name
 */
export function field(options) {
  const { name, label, hint, type = "text", value, required = false, autocomplete } = options;
  const id = uniqueID("field");
  /** @type {import("../lib/dom.js").Attributes} */
  const attributes = {
    id,
    name,
    required,
    autocomplete: autocomplete ?? (type === "checkbox" || type === "select" ? null : "off"),
    "aria-describedby": `${id}-hint ${id}-error`,
    ...options.attributes,
  };
  const input = inputFor(options, attributes);
  if (type === "checkbox") /** @type {HTMLInputElement} */ (input).checked = value === true;
  else if (value !== undefined && value !== null) input.value = String(value);
  const words = h("label", { for: id }, label);
  const hintLine = h("p", { class: "field-hint", id: `${id}-hint`, hidden: !hint }, hint ?? "");
  const errorLine = h("p", { class: "field-error", id: `${id}-error`, hidden: true });
  const element = h(
    "div",
    { class: `field ${type}` },
    type === "checkbox"
      ? h("div", { class: "check" }, input, words)
      : [words, type === "password" ? withReveal(/** @type {HTMLInputElement} */ (input)) : input],
    hintLine,
    errorLine,
  );
  input.addEventListener("input", () => setFieldError(element, ""));
  return element;
}

/**
 * @param {FieldOptions} options
 * @param {import("../lib/dom.js").Attributes} attributes
 */
function inputFor({ type = "text", options = [] }, attributes) {
  if (type === "textarea") return h("textarea", { class: "input", rows: 3, ...attributes });
  if (type === "select") {
    return h(
      "select",
      { class: "input", ...attributes },
      options.map(({ value, label }) => h("option", { value }, label)),
    );
  }
  if (type === "checkbox") return h("input", { type, ...attributes });
  const typing = type === "text" ? { spellcheck: "false", autocapitalize: "off" } : {};
  return h("input", { class: "input", type, ...typing, ...attributes });
}

/** @param {HTMLInputElement} input */
function withReveal(input) {
  const reveal = button(t("field.show_password"), {
    kind: "quiet",
    icon: "eye",
    iconOnly: true,
    onClick: () => {
      const shows = input.type === "password";
      input.type = shows ? "text" : "password";
      const words = t(shows ? "field.hide_password" : "field.show_password");
      reveal.setAttribute("aria-label", words);
      reveal.title = words;
      reveal.replaceChildren(icon(shows ? "eyeOff" : "eye"));
    },
  });
  return h("div", { class: "input-with-button" }, input, reveal);
}

/**
 * @param {Element} element of `field`
 * @param {string} message empty: no error
 */
export function setFieldError(element, message) {
  const line = /** @type {HTMLElement} */ (element.querySelector(".field-error"));
  const input = element.querySelector("input, select, textarea");
  line.textContent = message;
  line.hidden = message === "";
  if (message) input?.setAttribute("aria-invalid", "true");
  else input?.removeAttribute("aria-invalid");
}

/** @typedef {Record<string, string | boolean>} FormValues */

/**
 * A form: checks what is required, sends, shows the server's errors at their fields, and takes no second submission meanwhile.
 * @param {{
 *   children: import("../lib/dom.js").Child[],
 *   submit: string,
 *   kind?: "primary" | "danger",
 *   onSubmit: (values: FormValues, form: HTMLFormElement) => Promise<void>,
 *   onCancel?: () => void,
 *   attributes?: import("../lib/dom.js").Attributes,
 * }} about
 */
export function form({ children, submit, kind = "primary", onSubmit, onCancel, attributes }) {
  const general = h("p", { class: "form-error", role: "alert", hidden: true });
  const send = button(submit, { kind, type: "submit" });
  const element = h(
    "form",
    { class: "form", novalidate: true, ...attributes },
    ...children,
    general,
    h(
      "div",
      { class: "form-actions" },
      onCancel && button(t("common.cancel"), { onClick: onCancel }),
      send,
    ),
  );
  element.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (send.getAttribute("aria-disabled") === "true") return;
    general.hidden = true;
    if (!checkRequired(element)) return;
    try {
      await busyWhile(send, onSubmit(formValues(element), element));
    } catch (error) {
      const rest = showFieldProblems(element, error);
      if (rest) {
        general.textContent = errorSentence(error);
        general.hidden = false;
      }
    }
  });
  return element;
}

/**
 * @param {HTMLFormElement} element
 * @returns {FormValues} text of inputs, truth of check boxes
 */
export function formValues(element) {
  /** @type {FormValues} */
  const values = {};
  for (const input of element.querySelectorAll("input, select, textarea")) {
    const control = /** @type {HTMLInputElement} */ (input);
    if (control.name) values[control.name] = control.type === "checkbox" ? control.checked : control.value;
  }
  return values;
}

/** @param {HTMLFormElement} element */
function checkRequired(element) {
  /** @type {HTMLElement | null} */
  let first = null;
  for (const input of element.querySelectorAll("input, select, textarea")) {
    const control = /** @type {HTMLInputElement} */ (input);
    const holder = control.closest(".field");
    if (!holder) continue;
    const message = control.validity.valid
      ? ""
      : control.validity.valueMissing
      ? t("field.required")
      : control.validity.tooShort
      ? t("field.too_short", { count: control.minLength })
      : control.validationMessage;
    setFieldError(holder, message);
    if (message) first ??= control;
  }
  first?.focus();
  return first === null;
}

/**
 * @param {HTMLFormElement} element
 * @param {unknown} error
 * @returns {boolean} whether something is left to say that belongs to no field
 */
function showFieldProblems(element, error) {
  if (!(error instanceof ApiError) || error.fields.length === 0) return true;
  // Our own words, where we have them: the server's are English.
  const known = error.fields.length === 1 ? textIfKnown(`problem.${error.code}`) : null;
  let rest = false;
  /** @type {HTMLElement | null} */
  let first = null;
  for (const { path, message } of error.fields) {
    const name = path.replace(/^\$\.?/, "");
    const input = /** @type {HTMLElement | null} */ (element.querySelector(`[name="${CSS.escape(name)}"]`));
    const holder = input?.closest(".field");
    // What nobody sees, such as a field that is folded away, is said below the form.
    if (!holder?.checkVisibility()) {
      rest = true;
      continue;
    }
    setFieldError(holder, known ?? message);
    first ??= input;
  }
  first?.focus();
  return rest;
}
