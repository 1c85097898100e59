/**
 * What was found, as a tree that loads as it is opened: studies, their series, their instances. One search at a time: a newer one ends
 * those before it.
 */

import { api, path } from "../lib/api.js";
import { toRequest } from "./query.js";

/** @typedef {import("./query.js").CatalogueQuery} CatalogueQuery */
/** A result of the API, by DICOM keyword. @typedef {Record<string, any>} Found */
/**
 * @typedef {object} Entry
 * @property {"study" | "series" | "instance"} kind
 * @property {string} key
 * @property {Found} data
 * @property {Entry | null} parent
 * @property {boolean} isOpen
 * @property {Entry[] | null} children null until loaded
 * @property {string | null} cursor where its instances go on
 * @property {"idle" | "loading" | "failed"} state of loading the children
 * @property {unknown} error
 * @property {number} place among its siblings, from 1
 */
/** A line that is no entry: `loading` or `failed`, of an entry's children or, with null, of the studies. */
/** @typedef {{ kind: "loading" | "failed", key: string, parent: Entry | null, error: unknown }} Remark */
/** @typedef {Entry | Remark} Row */

const firstPage = 60;
const laterPages = 200;
const instancePage = 200;

/** Tells `change` whenever `rows` or the state differ. */
export class Results extends EventTarget {
  /** @type {Entry[]} */
  studies = [];
  /** @type {string | null} */
  cursor = null;
  /** @type {"idle" | "loading" | "ready" | "failed"} */
  state = "idle";
  /** The next page could not be had. @type {unknown} */
  moreError = null;
  /** @type {unknown} */
  error = null;
  /** @type {CatalogueQuery | null} */
  query = null;
  /** @type {Row[]} */
  rows = [];
  #search = new AbortController();
  #isLoadingMore = false;

  /** Ends everything that is under way. */
  stop() {
    this.#search.abort();
  }

  /** @param {CatalogueQuery} query */
  async search(query) {
    this.#search.abort();
    const { signal } = this.#search = new AbortController();
    this.query = query;
    this.state = "loading";
    this.#isLoadingMore = false;
    this.#changed();
    try {
      const page = await this.#page(query, null, firstPage, signal);
      this.studies = [];
      this.#add(page);
      this.state = "ready";
      this.error = null;
    } catch (error) {
      if (signal.aborted) return;
      this.studies = [];
      this.cursor = null;
      this.state = "failed";
      this.error = error;
    }
    this.moreError = null;
    this.#flatten();
  }

  /** Loads the studies that follow, if there are any and no one does. */
  async loadMore() {
    const { query, cursor } = this;
    if (!query || !cursor || this.state !== "ready" || this.#isLoadingMore || this.moreError) return;
    const { signal } = this.#search;
    this.#isLoadingMore = true;
    try {
      const page = await this.#page(query, cursor, laterPages, signal);
      this.#add(page);
    } catch (error) {
      if (signal.aborted) return;
      this.moreError = error;
    }
    this.#isLoadingMore = false;
    this.#flatten();
  }

  retryMore() {
    this.moreError = null;
    this.#flatten();
    return this.loadMore();
  }

  /**
   * A page may be empty and yet not the last: a search looks at so many studies at a time.
   * @param {CatalogueQuery} query
   * @param {string | null} after
   * @param {number} limit
   * @param {AbortSignal} signal
   * @returns {Promise<{ results: Found[], cursor: string | null }>}
   */
  async #page(query, after, limit, signal) {
    for (;;) {
      const page = await api.get("/api/search", { query: toRequest(query, { after, limit }), signal });
      if (page.results.length > 0 || !page.cursor) return page;
      after = page.cursor;
    }
  }

  /** @param {{ results: Found[], cursor: string | null }} page */
  #add(page) {
    for (const data of page.results) {
      this.studies.push(
        entry("study", data.StudyInstanceUID ?? `study-${this.studies.length}`, data, null, this.studies.length + 1),
      );
    }
    this.cursor = page.cursor;
  }

  // MARK: The tree

  /** Opens or closes. @param {Entry} node @param {boolean} [open] */
  toggle(node, open = !node.isOpen) {
    if (!canOpen(node) || node.isOpen === open) return;
    node.isOpen = open;
    if (open && !node.children && node.state !== "loading") this.loadChildren(node);
    else this.#flatten();
  }

  /** Loads an entry's children, or those that follow. @param {Entry} node */
  async loadChildren(node) {
    const { signal } = this.#search;
    node.state = "loading";
    this.#flatten();
    try {
      if (node.kind === "study") await this.#loadSeries(node, signal);
      else await this.#loadInstances(node, signal);
      node.state = "idle";
    } catch (error) {
      if (signal.aborted) return;
      node.state = "failed";
      node.error = error;
    }
    this.#flatten();
  }

  /** @param {Entry} node @param {AbortSignal} signal */
  async #loadSeries(node, signal) {
    const { series } = await api.get(path`/api/studies/${node.data.StudyInstanceUID}/series`, { signal });
    node.children = series.map((/** @type {Found} */ data, /** @type {number} */ index) =>
      entry("series", `${node.key}/${data.SeriesInstanceUID ?? index}`, data, node, index + 1)
    );
  }

  /** @param {Entry} node @param {AbortSignal} signal */
  async #loadInstances(node, signal) {
    const page = await api.get(path`/api/series/${node.data.SeriesInstanceUID}/instances`, {
      query: { limit: instancePage, after: node.cursor },
      signal,
    });
    const known = node.children ?? [];
    node.children = known.concat(
      page.instances.map((/** @type {Found} */ data, /** @type {number} */ index) =>
        entry(
          "instance",
          `${node.key}/${data.SOPInstanceUID ?? known.length + index}`,
          data,
          node,
          known.length + index + 1,
        )
      ),
    );
    node.cursor = page.cursor;
  }

  #flatten() {
    /** @type {Row[]} */
    const rows = [];
    /** @param {Entry} node */
    const add = (node) => {
      rows.push(node);
      if (!node.isOpen) return;
      node.children?.forEach(add);
      if (node.state === "failed") {
        rows.push({ kind: "failed", key: `${node.key}/failed`, parent: node, error: node.error });
      } else if (node.state === "loading" || node.cursor) {
        rows.push({ kind: "loading", key: `${node.key}/loading`, parent: node, error: null });
      }
    };
    this.studies.forEach(add);
    if (this.moreError) rows.push({ kind: "failed", key: "failed", parent: null, error: this.moreError });
    else if (this.cursor) rows.push({ kind: "loading", key: "loading", parent: null, error: null });
    this.rows = rows;
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}

/**
 * @param {Entry["kind"]} kind
 * @param {string} key
 * @param {Found} data
 * @param {Entry | null} parent
 * @param {number} place
 * @returns {Entry}
 */
function entry(kind, key, data, parent, place) {
  return { kind, key, data, parent, isOpen: false, children: null, cursor: null, state: "idle", error: null, place };
}

/** @param {Row} row @returns {row is Entry} */
export function isEntry(row) {
  return row.kind !== "loading" && row.kind !== "failed";
}

/** Without a UID there is nothing to ask for. @param {Entry} node */
export function canOpen(node) {
  if (node.kind === "instance") return false;
  return Boolean(node.kind === "study" ? node.data.StudyInstanceUID : node.data.SeriesInstanceUID);
}

/** The UID that names an entry. @param {Entry} node @returns {string | null} */
export function uidOf(node) {
  const keywords = { study: "StudyInstanceUID", series: "SeriesInstanceUID", instance: "SOPInstanceUID" };
  return node.data[keywords[node.kind]] ?? null;
}
