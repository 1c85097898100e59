import { field, form } from "../components/field.js";
import { icon, mark } from "../components/icon.js";
import { fill, h } from "../lib/dom.js";
import { Page } from "../lib/element.js";
import { t } from "../lib/i18n.js";
import { session } from "../lib/session.js";

export const tag = "fr-sign-in";

class SignInPage extends Page {
  /** @override */
  build() {
    fill(
      this,
      h(
        "div",
        { class: "card" },
        h("div", { class: "card-head" }, mark(), h("h1", { tabindex: "-1" }, t("sign_in.title"))),
        session.hasExpired && h("p", { class: "note" }, icon("clock"), h("span", null, t("sign_in.expired"))),
        form({
          children: [
            field({
              name: "name",
              label: t("sign_in.name"),
              required: true,
              autocomplete: "username",
              attributes: { autofocus: true, maxlength: 128 },
            }),
            field({
              name: "password",
              label: t("sign_in.password"),
              type: "password",
              required: true,
              autocomplete: "current-password",
            }),
          ],
          submit: t("sign_in.submit"),
          // The shell follows the session to the page that was wanted.
          onSubmit: ({ name, password }) => session.signIn(String(name), String(password)),
        }),
        h("p", { class: "muted card-foot" }, t("sign_in.help")),
      ),
    );
    this.querySelector("input")?.focus();
  }
}

customElements.define(tag, SignInPage);
