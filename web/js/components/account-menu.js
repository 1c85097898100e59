/**
 * The menu at the end of the bar: who is signed in, theme, language, sign-out.
 */

import { h, uniqueID } from "../lib/dom.js";
import { currentLanguage, languages, setLanguage, t } from "../lib/i18n.js";
import { setTheme, theme } from "../lib/preferences.js";
import { session } from "../lib/session.js";
import { button } from "./button.js";
import { icon } from "./icon.js";
import { popover } from "./popover.js";
import { errorSentence } from "./states.js";
import { toast } from "./toast.js";

/** @param {import("../lib/session.js").User} user */
export function accountMenu(user) {
  const opener = h(
    "button",
    {
      type: "button",
      class: "button quiet account-button",
      "aria-label": t("shell.account_menu", { name: user.name }),
    },
    h("span", { class: "avatar", "aria-hidden": "true" }, [...user.name][0]?.toUpperCase() ?? ""),
    h("span", { class: "account-name" }, user.name),
    icon("chevronDown"),
  );
  const panel = popover(opener, {
    label: t("shell.account_menu", { name: user.name }),
    align: "end",
    content: (close) => [
      h(
        "div",
        { class: "menu-head" },
        h("strong", null, user.name),
        h("span", { class: "muted" }, t(`role.${user.role}`)),
      ),
      h(
        "a",
        { class: "menu-item", href: "/account", on: { click: close } },
        icon("person"),
        t("nav.account"),
      ),
      ...preferences(),
      h(
        "button",
        {
          class: "menu-item",
          type: "button",
          on: {
            click: () => session.signOut().catch((error) => toast(errorSentence(error), { kind: "error" })),
          },
        },
        icon("signOut"),
        t("shell.sign_out"),
      ),
    ],
  });
  return h("div", { class: "menu" }, opener, panel);
}

/** Theme and language before anybody is signed in. */
export function preferencesMenu() {
  const opener = button(t("shell.preferences"), { kind: "quiet", icon: "settings", iconOnly: true });
  return h(
    "div",
    { class: "menu" },
    opener,
    popover(opener, { label: t("shell.preferences"), align: "end", content: preferences }),
  );
}

function preferences() {
  return [
    choice(
      t("shell.theme"),
      [
        { value: "system", label: t("theme.system") },
        { value: "light", label: t("theme.light") },
        { value: "dark", label: t("theme.dark") },
      ],
      theme(),
      (value) => setTheme(/** @type {import("../lib/preferences.js").Theme} */ (value)),
    ),
    choice(
      t("shell.language"),
      Object.entries(languages).map(([value, { name }]) => ({ value, label: name, lang: value })),
      currentLanguage(),
      (value) => setLanguage(value, { remember: true }),
    ),
  ];
}

/**
 * A few options of which one holds, side by side.
 * @param {string} label
 * @param {{ value: string, label: string, lang?: string }[]} options
 * @param {string} current
 * @param {(value: string) => void} choose
 */
export function choice(label, options, current, choose) {
  const name = uniqueID("choice");
  return h(
    "fieldset",
    { class: "choice" },
    h("legend", null, label),
    h(
      "div",
      { class: "segments" },
      options.map((option) =>
        h(
          "label",
          { lang: option.lang },
          h("input", {
            type: "radio",
            name,
            value: option.value,
            checked: option.value === current,
            on: { change: () => choose(option.value) },
          }),
          h("span", null, option.label),
        )
      ),
    ),
  );
}
