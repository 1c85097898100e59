/**
 * What is wanted of the audit trail: who, what, with which outcome, and when.
 */

import { api } from "../lib/api.js";
import { fill, h, uniqueID } from "../lib/dom.js";
import { t, textIfKnown } from "../lib/i18n.js";
import { button } from "./button.js";

/** How long nothing is typed before it is looked for, in milliseconds. */
const settling = 350;
const names = ["actor", "action", "outcome", "from", "to"];
/** What the server records; the list need not be complete, an entry shows whatever it has. */
const actions = [
  "session.start",
  "session.end",
  "session.end_all",
  "token.issue",
  "setup",
  "search",
  "study.view",
  "series.view",
  "catalogue.export",
  "audit.export",
  "index.start",
  "index.pause",
  "index.resume",
  "index.cancel",
  "index.confirm",
  "source.create",
  "source.change",
  "source.test",
  "source.remove",
  "source.delete",
  "user.create",
  "user.change",
  "user.password",
  "key.create",
  "key.revoke",
  "share.create",
  "share.change",
  "share.revoke",
  "share.view",
  "share.unlock",
  "share.download",
  "share.download.end",
  "backup",
];
const outcomes = ["ok", "SIGN_IN_REFUSED", "TOO_MANY_FAILURES", "ROLE_NOT_ALLOWED"];

export class AuditFilters {
  #life;
  #changed;
  #query = new URLSearchParams();
  #clear = h("span");
  element = h("div", { class: "filter-grid", role: "search", "aria-label": t("audit.filter") });

  /** @param {AbortSignal} life of the page @param {(query: URLSearchParams) => void} changed */
  constructor(life, changed) {
    this.#life = life;
    this.#changed = changed;
  }

  /** @param {URLSearchParams} query */
  show(query) {
    this.#query = new URLSearchParams(query);
    fill(this.element, names.map((name) => this.#field(name)), this.#clear);
    this.#showClear();
  }

  #showClear() {
    fill(
      this.#clear,
      this.#query.size > 0 && button(t("audit.clear"), {
        kind: "quiet",
        icon: "close",
        onClick: () => {
          this.show(new URLSearchParams());
          this.element.querySelector("input")?.focus();
          this.#changed(this.#query);
        },
      }),
    );
  }

  /** @param {string} name */
  #field(name) {
    const id = uniqueID("audit");
    const value = this.#query.get(name) ?? "";
    const isTyped = name === "actor" || name === "outcome";
    const input = name === "action" ? actionPicker(id, value) : h("input", {
      class: "input",
      id,
      type: isTyped ? "search" : "date",
      value,
      spellcheck: "false",
      autocapitalize: "off",
      autocomplete: "off",
      list: isTyped ? `${id}-list` : null,
    });
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    input.addEventListener("input", () => {
      clearTimeout(timer);
      // The server compares the whole text: while somebody types, nothing fits yet.
      timer = setTimeout(() => this.#set(name, input.value.trim()), isTyped ? settling : 0);
    });
    const known = isTyped
      ? h(
        "datalist",
        { id: `${id}-list` },
        name === "outcome" ? outcomes.map((code) => h("option", { value: code })) : null,
      )
      : null;
    if (known && name === "actor") input.addEventListener("focus", () => this.#offerActors(known), { once: true });
    return h("div", { class: "pick" }, h("label", { for: id }, textIfKnown(`audit.${name}`) ?? name), input, known);
  }

  /** @param {HTMLElement} list */
  async #offerActors(list) {
    try {
      const { users } = await api.get("/api/users", { signal: this.#life });
      const people = users.map((/** @type {{ name: string }} */ user) => user.name);
      fill(list, [...people, "local"].map((name) => h("option", { value: name })));
    } catch {
      // Names can be typed without being offered.
    }
  }

  /** @param {string} name @param {string} value */
  #set(name, value) {
    if (this.#life.aborted) return;
    if (value) this.#query.set(name, value);
    else this.#query.delete(name);
    this.#showClear();
    this.#changed(new URLSearchParams(this.#query));
  }
}

/** @param {string} id @param {string} value */
function actionPicker(id, value) {
  const known = value === "" || actions.includes(value) ? actions : [...actions, value];
  return h(
    "select",
    { class: "input", id },
    h("option", { value: "" }, t("audit.any")),
    known.map((action) =>
      h("option", { value: action, selected: action === value }, textIfKnown(`audit_action.${action}`) ?? action)
    ),
  );
}
