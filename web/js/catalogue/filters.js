/**
 * The filters as chips: each shows what it holds, opens to change it, and can be cleared.
 */

import { button } from "../components/button.js";
import { icon } from "../components/icon.js";
import { popover } from "../components/popover.js";
import { fill, h, uniqueID } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { bodyPartLabel, dateLabel, daysAgo, periods } from "./filter-words.js";
import { hasFilters, orderOf } from "./query.js";
import { bodyPartName, modalityName, usualBodyParts, usualModalities } from "./words.js";

/** @typedef {import("./query.js").CatalogueQuery} CatalogueQuery */

export class Filters {
  element = h("div", { class: "filters", role: "group" });
  /** @type {string[]} */
  #sources = [];
  /** Codes that were seen in results and are not among the usual ones. @type {Set<string>} */
  #seen = new Set();

  /**
   * @param {() => CatalogueQuery} query
   * @param {(change: Partial<CatalogueQuery>) => void} change
   */
  constructor(query, change) {
    this.query = query;
    this.change = change;
    this.element.setAttribute("aria-label", t("filter.label"));
    this.show();
  }

  /** @param {string[]} names */
  setSources(names) {
    this.#sources = names;
    this.show();
  }

  /** @param {readonly string[]} codes */
  addModalities(codes) {
    for (const code of codes) if (!usualModalities.includes(code)) this.#seen.add(code);
  }

  /** Shows the query's filters; the chip that had the focus has it again. */
  show() {
    const query = this.query();
    const focused = this.element.contains(document.activeElement)
      ? /** @type {HTMLElement | null} */ (document.activeElement?.closest("[data-chip]"))?.dataset.chip
      : undefined;
    // An open panel stays as it is: its own controls show the change already.
    if (this.element.querySelector(":popover-open")) return this.#relabel(query);
    fill(
      this.element,
      this.#chip(
        "modality",
        this.#modalityLabel(query),
        query.modalities.length > 0,
        { modalities: [] },
        () => this.#modalities(),
      ),
      this.#chip(
        "date",
        dateLabel(query),
        Boolean(query.from || query.to),
        { from: "", to: "" },
        (close) => this.#dates(close),
      ),
      this.#chip(
        "body_part",
        bodyPartLabel(query),
        query.bodyPart !== "",
        { bodyPart: "" },
        (close) => this.#bodyParts(close),
      ),
      (this.#sources.length > 1 || query.source !== "") &&
        this.#chip(
          "source",
          query.source || t("filter.source"),
          query.source !== "",
          { source: "" },
          (close) => this.#sourceList(close),
        ),
      this.#chip("order", t(`filter.order_${orderOf(query)}`), false, null, (close) => this.#orders(close)),
      hasFilters(query) && button(t("filter.clear_all"), {
        kind: "quiet",
        onClick: () => this.change({ modalities: [], from: "", to: "", bodyPart: "", source: "" }),
      }),
    );
    if (focused) {
      /** @type {HTMLElement | null} */ (this.element.querySelector(`[data-chip="${focused}"] button`))?.focus();
    }
  }

  /** @param {CatalogueQuery} query */
  #relabel(query) {
    const labels = { modality: this.#modalityLabel(query), date: dateLabel(query) };
    for (const [name, text] of Object.entries(labels)) {
      const words = this.element.querySelector(`[data-chip="${name}"] .chip-text`);
      if (words) words.textContent = text;
    }
  }

  /**
   * @param {"modality" | "date" | "body_part" | "source" | "order"} name
   * @param {string} label
   * @param {boolean} isOn
   * @param {Partial<CatalogueQuery> | null} cleared
   * @param {(close: () => void) => import("../lib/dom.js").Child} content
   */
  #chip(name, label, isOn, cleared, content) {
    const title = t(`filter.${name}`);
    const opener = h(
      "button",
      {
        type: "button",
        class: `chip${isOn ? " on" : ""}`,
        "aria-label": isOn || name === "order" ? `${title}: ${label}` : null,
      },
      h("span", { class: "chip-text" }, label),
      icon("chevronDown"),
    );
    const clear = isOn && cleared && h(
      "button",
      {
        type: "button",
        class: "chip on chip-clear",
        "aria-label": t("filter.clear_one", { name: title }),
        title: t("filter.clear_one", { name: title }),
        on: { click: () => this.change(cleared) },
      },
      icon("close"),
    );
    return h(
      "div",
      { class: `chip-group${isOn ? " on" : ""}`, dataset: { chip: name } },
      opener,
      popover(opener, { label: title, content, onClose: () => queueMicrotask(() => this.show()) }),
      clear,
    );
  }

  /** @param {CatalogueQuery} query */
  #modalityLabel(query) {
    return query.modalities.length > 0 ? query.modalities.join(", ") : t("filter.modality");
  }

  #modalities() {
    const chosen = new Set(this.query().modalities);
    const codes = [...new Set([...usualModalities, ...this.#seen, ...chosen])];
    return h(
      "div",
      { class: "options two" },
      codes.map((code) => {
        const id = uniqueID("modality");
        return h(
          "div",
          { class: "check" },
          h("input", {
            type: "checkbox",
            id,
            checked: chosen.has(code),
            on: {
              change: (/** @type {Event} */ event) => {
                if (/** @type {HTMLInputElement} */ (event.target).checked) chosen.add(code);
                else chosen.delete(code);
                this.change({ modalities: [...chosen] });
              },
            },
          }),
          h("label", { for: id }, h("strong", null, code), " ", h("span", { class: "muted" }, modalityName(code))),
        );
      }),
    );
  }

  /** @param {() => void} close */
  #dates(close) {
    const query = this.query();
    /** @param {"from" | "to"} name */
    const input = (name) => {
      const id = uniqueID("date");
      return h(
        "div",
        { class: "field" },
        h("label", { for: id }, t(`filter.${name}`)),
        h("input", {
          class: "input",
          type: "date",
          id,
          value: query[name].replace(/^(\d{4})(\d{2})(\d{2})$/, "$1-$2-$3"),
          on: {
            change: (/** @type {Event} */ event) =>
              this.change({ [name]: /** @type {HTMLInputElement} */ (event.target).value.replaceAll("-", "") }),
          },
        }),
      );
    };
    return [
      h(
        "div",
        { class: "options" },
        option(t("filter.any_time"), !query.from && !query.to, () => this.#choose({ from: "", to: "" }, close)),
        periods.map(({ key, days }) =>
          option(
            t(`filter.period_${key}`),
            query.from === daysAgo(days) && !query.to,
            () => this.#choose({ from: daysAgo(days), to: "" }, close),
          )
        ),
      ),
      h("div", { class: "range" }, input("from"), input("to")),
    ];
  }

  /** @param {() => void} close */
  #bodyParts(close) {
    const list = h("div", { class: "options two" });
    const input = h("input", {
      class: "input",
      type: "text",
      "aria-label": t("filter.body_part_search"),
      placeholder: t("filter.body_part_search"),
      autocomplete: "off",
      spellcheck: "false",
    });
    const show = () => {
      const typed = input.value.trim();
      const fits = usualBodyParts.filter((code) => matches(code, typed));
      const own = typed && !fits.includes(typed.toUpperCase()) ? [typed.toUpperCase()] : [];
      fill(
        list,
        [...fits, ...own].map((code) =>
          option(bodyPartName(code), code === this.query().bodyPart, () => this.#choose({ bodyPart: code }, close))
        ),
      );
    };
    input.addEventListener("input", show);
    input.addEventListener("keydown", (event) => {
      if (event.key === "Enter") list.querySelector("button")?.click();
    });
    show();
    return [h("div", { class: "range" }, input), list];
  }

  /** @param {() => void} close */
  #sourceList(close) {
    return h(
      "div",
      { class: "options" },
      this.#sources.map((name) =>
        option(name, name === this.query().source, () => this.#choose({ source: name }, close))
      ),
    );
  }

  /** @param {() => void} close */
  #orders(close) {
    const current = orderOf(this.query());
    return h(
      "div",
      { class: "options" },
      /** @type {const} */ (["relevance", "date"]).map((order) =>
        option(t(`filter.order_${order}`), order === current, () => this.#choose({ order }, close))
      ),
    );
  }

  /** @param {Partial<CatalogueQuery>} change @param {() => void} close */
  #choose(change, close) {
    close();
    this.change(change);
  }
}

/**
 * @param {string} label
 * @param {boolean} isChosen
 * @param {() => void} choose
 */
function option(label, isChosen, choose) {
  return h(
    "button",
    { type: "button", class: "menu-item", "aria-pressed": String(isChosen), on: { click: choose } },
    h("span", { class: "option-check" }, isChosen && icon("check")),
    label,
  );
}

/** @param {string} code @param {string} typed */
function matches(code, typed) {
  const wanted = typed.toLowerCase();
  return code.toLowerCase().includes(wanted) || bodyPartName(code).toLowerCase().includes(wanted);
}
