/**
 * The base of all our custom elements: builds itself once when it is put into the page and ends everything it started when it is taken
 * out. Elements live in the light DOM: one style sheet, and labels that reach everything.
 */
export class FileroomElement extends HTMLElement {
  /** @type {AbortController | null} */
  #life = null;

  /** Aborted when the element leaves the page. Give it to listeners and requests. */
  get life() {
    this.#life ??= new AbortController();
    return this.#life.signal;
  }

  connectedCallback() {
    if (this.#life?.signal.aborted !== false) this.#life = new AbortController();
    this.build();
  }

  disconnectedCallback() {
    this.#life?.abort();
  }

  /** Builds the content; called each time the element is put into the page. */
  build() {}

  /**
   * Listens until the element leaves the page.
   * @param {EventTarget} target
   * @param {string} type
   * @param {(event: any) => void} listener
   * @param {AddEventListenerOptions} [options]
   */
  listen(target, type, listener, options) {
    target.addEventListener(type, listener, { ...options, signal: this.life });
  }

  /**
   * Runs something again and again until the element leaves the page, the first time after the interval.
   * @param {number} milliseconds
   * @param {() => void} action
   */
  every(milliseconds, action) {
    const timer = setInterval(action, milliseconds);
    this.life.addEventListener("abort", () => clearInterval(timer));
  }
}

/**
 * A page: what the router shows. `query` is the address's query when it was made; `queryChanged` tells of later changes.
 */
export class Page extends FileroomElement {
  query = new URLSearchParams();

  /**
   * The address's query changed through the history (Back, Forward) or a link while the page is shown.
   * @param {URLSearchParams} _query
   */
  queryChanged(_query) {}
}
