import { details } from "../catalogue/details.js";
import { Filters } from "../catalogue/filters.js";
import { keyboardHelp } from "../catalogue/help.js";
import { anything, fromAddress, hasFilters, orderOf, toAddress } from "../catalogue/query.js";
import { Results } from "../catalogue/results.js";
import { SearchField } from "../catalogue/search-field.js";
import { Summary } from "../catalogue/summary.js";
import { ResultTree } from "../catalogue/tree.js";
import { button, linkButton } from "../components/button.js";
import { openDialog } from "../components/dialog.js";
import { emptyState, errorState, loadingState } from "../components/states.js";
import { announce } from "../components/toast.js";
import { api, ApiError } from "../lib/api.js";
import { connection } from "../lib/connection.js";
import { fill, h } from "../lib/dom.js";
import { Page } from "../lib/element.js";
import { serverEvents } from "../lib/events.js";
import { t } from "../lib/i18n.js";
import { router } from "../lib/router.js";
import { session } from "../lib/session.js";
import { Sharing } from "../shares/sharing.js";

export const tag = "fr-catalogue";

/** @typedef {import("../catalogue/query.js").CatalogueQuery} CatalogueQuery */
/** @typedef {import("../catalogue/results.js").Entry} Entry */

/** Where details stand beside the list. */
const wide = matchMedia("(min-width: 75rem)");

class CataloguePage extends Page {
  #query = anything;
  #results = new Results();
  #place = h("div", { class: "place" });
  #inspector = h("aside", { class: "inspector" });
  /** @type {AbortController | null} */
  #inspecting = null;
  /** @type {SearchField} */
  #search = /** @type {any} */ (null);
  /** @type {Filters} */
  #filters = /** @type {any} */ (null);
  /** @type {Summary} */
  #summary = /** @type {any} */ (null);
  /** @type {ResultTree} */
  #tree = /** @type {any} */ (null);
  /** @type {Sharing} */
  #sharing = /** @type {any} */ (null);
  /** What to do when the results of a search that was sent with Enter arrive. */
  #goesToResults = false;

  /** @override */
  build() {
    this.#query = fromAddress(this.query);
    this.#results = new Results();
    this.life.addEventListener("abort", () => this.#results.stop());
    this.#search = new SearchField({
      type: (text) => this.#change({ text }, { replace: true }),
      submit: (text) => this.#submit(text),
      down: () => this.#tree.focusFirst(),
    });
    this.#filters = new Filters(() => this.#query, (change) => this.#change(change, { replace: false }));
    this.#summary = new Summary(this.#results, () => this.#run(), this.life);
    this.#tree = new ResultTree(this.#results, {
      activated: (node) => this.#inspect(node),
      details: (node) => this.#openDetails(node),
      share: (node) => this.#sharing.share(node),
      pick: (node) => this.#sharing.toggle(node),
      picked: (node) => this.#sharing.selection.state(node),
      leave: () => this.#search.focus(),
    }, this.life);
    this.#sharing = new Sharing({
      changed: () => this.#tree.showPicked(this.#sharing.selection.size > 0),
      emptied: () => this.#search.focus(),
    });
    this.#inspector.setAttribute("aria-label", t("catalogue.details"));
    fill(
      this,
      h(
        "div",
        { class: "search-head" },
        h("h1", { class: "visually-hidden" }, t("nav.catalogue")),
        this.#search.element,
        this.#filters.element,
        this.#summary.element,
      ),
      h("div", { class: "panes" }, this.#place, this.#inspector),
      this.#sharing.element,
    );
    this.#follow();
    this.#search.value = this.#query.text;
    this.#inspect(null);
    this.#run();
    this.#search.focus();
  }

  /** @override @param {URLSearchParams} query */
  queryChanged(query) {
    this.#query = fromAddress(query);
    this.#search.value = this.#query.text;
    this.#filters.show();
    this.#run();
  }

  /** Listens to everything that changes by itself. */
  #follow() {
    this.listen(this.#results, "change", () => this.#show());
    this.listen(document, "keydown", (event) => this.#key(event));
    this.listen(connection, "change", () => {
      if (connection.isOnline) this.#afterCut();
    });
    this.listen(wide, "change", () => this.#inspect(this.#tree.active));
    serverEvents.subscribe("status", (status) => this.#summary.status(status), this.life);
    api.get("/api/sources", { signal: this.life }).then(
      ({ sources }) => this.#filters.setSources(sources.map((/** @type {{ name: string }} */ source) => source.name)),
      // The filter is a convenience: without it the search works.
      () => {},
    );
  }

  /**
   * @param {Partial<CatalogueQuery>} change
   * @param {{ replace: boolean }} how typing replaces the address, a filter adds one to the history
   */
  #change(change, how) {
    const before = this.#query;
    this.#query = { ...before, ...change };
    router.setQuery(toAddress(this.#query), how);
    // While one types, the chips stay as they are, but for the order that suits a text.
    if (!("text" in change) || orderOf(this.#query) !== orderOf(before)) this.#filters.show();
    this.#goesToResults = false;
    this.#run();
  }

  #run() {
    this.#results.search(this.#query);
  }

  /** Enter: to the results, at once or when they come; a single study opens. @param {string} text */
  #submit(text) {
    if (text !== this.#query.text) this.#change({ text }, { replace: true });
    this.#goesToResults = true;
    if (this.#results.state === "ready") this.#goToResults();
  }

  #goToResults() {
    this.#goesToResults = false;
    const [only, second] = this.#results.studies;
    if (only && !second) this.#results.toggle(only, true);
    this.#tree.focusFirst();
  }

  /** The connection is back: what failed is done again. */
  #afterCut() {
    if (this.#results.state === "failed") this.#run();
    else if (this.#results.moreError) this.#results.retryMore();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const isTyping = event.target instanceof Element &&
      event.target.closest("input, textarea, select, dialog, [popover]");
    if (event.key !== "/" || isTyping || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) {
      return;
    }
    event.preventDefault();
    this.#search.focus();
  }

  // MARK: What is shown

  #shownQuery = /** @type {CatalogueQuery | null} */ (null);

  #show() {
    const results = this.#results;
    this.#search.setBusy(results.state === "loading");
    this.#place.classList.toggle("stale", results.state === "loading" && results.studies.length > 0);
    this.#summary.show();
    if (results.state === "loading") {
      // What was found before stays until something newer is here: nothing flickers while one types.
      if (!this.#place.firstChild) fill(this.#place, loadingState(10));
      return;
    }
    if (results.query !== this.#shownQuery) this.#arrived();
    if (results.state === "failed") fill(this.#place, errorState(results.error, () => this.#run()));
    else if (results.studies.length === 0) fill(this.#place, this.#nothing());
    else {
      if (this.#tree.element.parentElement !== this.#place) fill(this.#place, this.#tree.element);
      this.#tree.show();
    }
    if (this.#goesToResults && results.state === "ready") this.#goToResults();
  }

  /** Another search's results are here. */
  #arrived() {
    const results = this.#results;
    this.#shownQuery = results.query;
    this.#tree.reset();
    this.#filters.addModalities(results.studies.flatMap((study) => study.data.ModalitiesInStudy));
    if (results.state === "failed" && results.error instanceof ApiError) announce(t("error.other_title"));
  }

  #nothing() {
    if (!this.#query.text.trim() && !hasFilters(this.#query)) {
      const isAdmin = session.user?.role === "admin";
      return emptyState({
        icon: "archive",
        title: t("catalogue.empty_title"),
        text: t(isAdmin ? "catalogue.empty_admin" : "catalogue.empty_clinician"),
        actions: [isAdmin && linkButton(t("nav.sources"), "/sources", { kind: "primary", icon: "server" })],
      });
    }
    return emptyState({
      icon: "search",
      title: t("catalogue.nothing_title"),
      text: t(hasFilters(this.#query) ? "catalogue.nothing_filtered" : "catalogue.nothing_text"),
      actions: [
        hasFilters(this.#query) &&
        button(t("filter.clear_all"), {
          onClick: () =>
            this.#change({ modalities: [], from: "", to: "", bodyPart: "", source: "" }, { replace: false }),
        }),
        this.#query.text !== "" && button(t("catalogue.clear_search"), {
          onClick: () => {
            this.#search.value = "";
            this.#search.focus();
            this.#change({ text: "" }, { replace: false });
          },
        }),
      ],
    });
  }

  /** Shows an entry beside the list, where there is room. @param {Entry | null} node */
  #inspect(node) {
    this.#inspecting?.abort();
    if (!wide.matches) return;
    this.#inspecting = new AbortController();
    const signal = AbortSignal.any([this.life, this.#inspecting.signal]);
    if (node) fill(this.#inspector, ...details(node, this.#sharing.actions(node, signal), signal));
    else fill(this.#inspector, keyboardHelp());
  }

  /** @param {Entry} node */
  async #openDetails(node) {
    if (wide.matches) {
      this.#inspector.scrollTop = 0;
      this.#inspector.querySelector("button")?.focus();
      return;
    }
    const open = new AbortController();
    const signal = AbortSignal.any([this.life, open.signal]);
    await openDialog({
      title: t("catalogue.details"),
      kind: "sheet",
      content: () =>
        h("div", { class: "inspector-sheet" }, ...details(node, this.#sharing.actions(node, signal), signal)),
    });
    open.abort();
  }
}

customElements.define(tag, CataloguePage);
