/**
 * Whether the server can be reached. Requests that fail say no; while it is no, the server is asked at growing intervals.
 */

import { apiEvents } from "./api.js";

const firstDelay = 1_000;
const longestDelay = 15_000;

class Connection extends EventTarget {
  isOnline = true;
  #delay = firstDelay;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  constructor() {
    super();
    apiEvents.addEventListener("reachable", () => this.#set(true));
    apiEvents.addEventListener("unreachable", () => this.#set(false));
    addEventListener("offline", () => this.#set(false));
    addEventListener("online", () => this.check());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible" && !this.isOnline) this.check();
    });
  }

  /** Asks the server now. */
  async check() {
    clearTimeout(this.#timer);
    try {
      await fetch("/healthz", { cache: "no-store", signal: AbortSignal.timeout(5_000) });
      this.#set(true);
    } catch {
      this.#delay = Math.min(this.#delay * 1.7, longestDelay);
      this.#set(false);
    }
  }

  /** @param {boolean} isOnline */
  #set(isOnline) {
    if (isOnline) this.#delay = firstDelay;
    else {
      clearTimeout(this.#timer);
      // Not all tabs of a department at the same moment.
      this.#timer = setTimeout(() => this.check(), this.#delay * (0.75 + Math.random() / 2));
    }
    if (isOnline === this.isOnline) return;
    this.isOnline = isOnline;
    this.dispatchEvent(new Event("change"));
  }
}

export const connection = new Connection();
