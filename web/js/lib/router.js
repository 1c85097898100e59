/**
 * Addresses and pages: the history API, without reloads.
 */

/**
 * @typedef {object} Route
 * @property {string} path
 * @property {() => Promise<{ tag: string }>} load the module of the page; `tag` is its custom element's name
 */

class Router extends EventTarget {
  /** @type {{ path: string, query: URLSearchParams }} */
  current = { path: location.pathname, query: new URLSearchParams(location.search) };

  /** Begins to follow links and the history. */
  start() {
    addEventListener("popstate", () => this.#arrive());
    document.addEventListener("click", (event) => {
      const link = event.target instanceof Element ? event.target.closest("a") : null;
      const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
      if (!link || !isPlain || event.defaultPrevented || link.target || link.hasAttribute("download")) return;
      const address = new URL(link.href, location.href);
      // A fragment of this page, such as the skip link, is the browser's.
      if (address.origin !== location.origin || (address.hash && address.pathname === location.pathname)) return;
      event.preventDefault();
      this.go(address.pathname + address.search);
    });
  }

  /**
   * @param {string} address path and query
   * @param {{ replace?: boolean }} [options]
   */
  go(address, { replace = false } = {}) {
    if (replace) history.replaceState(null, "", address);
    else if (address !== location.pathname + location.search) history.pushState(null, "", address);
    this.#arrive();
  }

  /**
   * Changes the query of the page that is shown, which knows of it already.
   * @param {URLSearchParams} query
   * @param {{ replace?: boolean }} [options]
   */
  setQuery(query, { replace = false } = {}) {
    const text = query.toString();
    const address = location.pathname + (text && `?${text}`);
    if (address === location.pathname + location.search) return;
    if (replace) history.replaceState(null, "", address);
    else history.pushState(null, "", address);
    this.current = { path: location.pathname, query: new URLSearchParams(location.search) };
  }

  #arrive() {
    this.current = { path: location.pathname, query: new URLSearchParams(location.search) };
    this.dispatchEvent(new Event("change"));
  }
}

export const router = new Router();
