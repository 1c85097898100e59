/**
 * What the keyboard can do, and how to search: beside the list while nothing is chosen.
 */

import { h } from "../lib/dom.js";
import { t } from "../lib/i18n.js";

export function keyboardHelp() {
  /** @type {[string[], import("../lib/i18n.js").TextKey][]} */
  const keys = [
    [["/"], "help.search"],
    [["↑", "↓"], "help.move"],
    [["→", "←"], "help.open"],
    [["Enter"], "help.enter"],
    [["Esc"], "help.leave"],
    [["Ctrl", "C"], "help.copy"],
    [["Shift", "Space"], "help.select"],
  ];
  return h(
    "section",
    { class: "detail help" },
    h("h2", null, t("help.title")),
    h("p", { class: "muted" }, t("help.text")),
    h(
      "dl",
      null,
      keys.map(([names, key]) =>
        h("div", { class: "line" }, h("dt", null, names.map((name) => h("kbd", null, name))), h("dd", null, t(key)))
      ),
    ),
    h("h3", null, t("help.search_title")),
    h(
      "ul",
      { class: "tips" },
      h("li", null, t("help.tip_words")),
      h("li", null, t("help.tip_phrase")),
      h("li", null, t("help.tip_wildcard")),
    ),
  );
}
