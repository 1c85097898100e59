import { linkButton } from "../components/button.js";
import { field, form } from "../components/field.js";
import { mark } from "../components/icon.js";
import { errorSentence } from "../components/states.js";
import { toast } from "../components/toast.js";
import { fill, h } from "../lib/dom.js";
import { Page } from "../lib/element.js";
import { t } from "../lib/i18n.js";
import { session } from "../lib/session.js";

export const tag = "fr-setup";

const shortestPassword = 12;

/** The set-up code comes in the address's fragment, which no server and no log ever sees; then it leaves the address bar too. */
let token = "";

class SetupPage extends Page {
  /** What was typed before the code proved to be wrong. @type {Record<string, string>} */
  #typed = {};

  /** @override */
  build() {
    token = new URLSearchParams(location.hash.slice(1)).get("token") ?? token;
    if (location.hash) history.replaceState(null, "", location.pathname);
    fill(this, h("div", { class: "card" }, session.isSetupNeeded ? this.#form() : this.#done()));
    /** @type {HTMLElement | null} */ (this.querySelector("input"))?.focus();
  }

  #form() {
    return [
      h("div", { class: "card-head" }, mark(), h("h1", { tabindex: "-1" }, t("setup.title"))),
      h("p", { class: "muted" }, t("setup.text")),
      form({
        children: [
          token === "" && field({
            name: "token",
            label: t("setup.token"),
            hint: t("setup.token_hint"),
            required: true,
            attributes: { class: "input mono" },
          }),
          field({
            name: "name",
            label: t("setup.name"),
            hint: t("setup.name_hint"),
            value: this.#typed.name,
            required: true,
            autocomplete: "username",
            attributes: { maxlength: 128 },
          }),
          field({
            name: "password",
            label: t("setup.password"),
            hint: t("setup.password_hint"),
            type: "password",
            value: this.#typed.password,
            required: true,
            autocomplete: "new-password",
            attributes: { minlength: shortestPassword },
          }),
        ],
        submit: t("setup.submit"),
        onSubmit: async ({ token: typed, name, password }) => {
          try {
            await session.setUp(token || String(typed), String(name), String(password));
          } catch (error) {
            const code = /** @type {{ code?: string }} */ (error).code;
            if (code === "SETUP_DONE") await session.load();
            if (code === "SETUP_TOKEN_WRONG" && token !== "") {
              // Let another be typed, and say why.
              token = "";
              this.#typed = { name: String(name), password: String(password) };
              this.build();
              toast(errorSentence(error), { kind: "error" });
              return;
            }
            throw error;
          }
        },
      }),
    ];
  }

  #done() {
    return [
      h("div", { class: "card-head" }, mark(), h("h1", { tabindex: "-1" }, t("setup.done_title"))),
      h("p", { class: "muted" }, t("setup.done_text")),
      linkButton(t("sign_in.submit"), "/sign-in", { kind: "primary" }),
    ];
  }
}

customElements.define(tag, SetupPage);
