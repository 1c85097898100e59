/**
 * Which shares are wanted: by state, and for administrators by who created them.
 */

import { api } from "../lib/api.js";
import { fill, h, uniqueID } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { session } from "../lib/session.js";
import { shareStates } from "./types.js";

/** @typedef {{ value: string, label: string }} Option */

export class ShareFilters {
  #life;
  #changed;
  #query = new URLSearchParams();
  /** @type {string[]} */
  #people = [];
  element = h("div", { class: "filter-grid", role: "search", "aria-label": t("shares.filter") });

  /** @param {AbortSignal} life of the page @param {(query: URLSearchParams) => void} changed */
  constructor(life, changed) {
    this.#life = life;
    this.#changed = changed;
    if (session.user?.role === "admin") this.#loadPeople();
  }

  /** @param {URLSearchParams} query */
  show(query) {
    this.#query = new URLSearchParams(query);
    fill(
      this.element,
      this.#pick("state", t("shares.state"), [
        { value: "", label: t("shares.any_state") },
        ...shareStates.map((state) => ({ value: state, label: t(`share_state.${state}`) })),
      ]),
      session.user?.role === "admin" && this.#pick("creator", t("shares.creator"), [
        { value: "", label: t("shares.anybody") },
        { value: "me", label: t("shares.mine") },
        ...this.#people.map((name) => ({ value: name, label: name })),
      ]),
    );
  }

  async #loadPeople() {
    try {
      const { users } = await api.get("/api/users", { signal: this.#life });
      this.#people = users.map((/** @type {{ name: string }} */ user) => user.name)
        .filter((/** @type {string} */ name) => name !== session.user?.name);
      // Whoever is just choosing keeps the list that is open.
      if (!this.element.contains(document.activeElement)) this.show(this.#query);
    } catch {
      // Without the names one's own and everybody's can be told apart.
    }
  }

  /**
   * @param {"state" | "creator"} name
   * @param {string} label
   * @param {Option[]} options
   */
  #pick(name, label, options) {
    const id = uniqueID("shares");
    const value = this.#query.get(name) ?? "";
    // An address may name somebody who is not in the list, such as a key.
    const all = options.some((option) => option.value === value) ? options : [...options, { value, label: value }];
    const select = h(
      "select",
      { class: "input", id },
      all.map((option) => h("option", { value: option.value, selected: option.value === value }, option.label)),
    );
    select.addEventListener("input", () => this.#set(name, select.value));
    return h("div", { class: "pick" }, h("label", { for: id }, label), select);
  }

  /** @param {string} name @param {string} value */
  #set(name, value) {
    if (value) this.#query.set(name, value);
    else this.#query.delete(name);
    this.#changed(new URLSearchParams(this.#query));
  }
}
