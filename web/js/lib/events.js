/**
 * The server's events, one stream for all tabs of a browser: browsers open six connections to a host at most, and search needs them.
 *
 * The tab that holds a lock reads the stream and passes everything on; when it closes, another takes the lock. Without locks (plain http
 * from another host) each tab reads for itself.
 */

import { api, apiEvents } from "./api.js";
import { connection } from "./connection.js";

/** @typedef {{ kind: "event", name: string, data: any } | { kind: "state", isLive: boolean } | { kind: "hello" }} Message */

const address = "/api/index/events";
const names = ["status"];
const longestDelay = 30_000;
/** How long a cut may last before it is told. */
const patience = 5_000;
const sharesStream = "locks" in navigator;

class ServerEvents extends EventTarget {
  /** The newest event of each name. @type {Map<string, any>} */
  latest = new Map();
  /** Whether events arrive now. */
  isLive = false;
  #subscribers = 0;
  #tabs = new BroadcastChannel("fileroom-events");
  /** @type {AbortController | null} */
  #run = null;
  #leads = false;

  constructor() {
    super();
    this.#tabs.addEventListener("message", (message) => this.#hear(message.data));
    // A page in the back/forward cache must not keep the lock.
    addEventListener("pagehide", () => this.#stop());
    addEventListener("pageshow", (event) => {
      if (event.persisted && this.#subscribers > 0) this.#start();
    });
  }

  /**
   * Listens to an event until the signal is aborted; the newest one, if any, comes at once.
   * @param {"status"} name
   * @param {(data: any) => void} listener
   * @param {AbortSignal} signal
   */
  subscribe(name, listener, signal) {
    if (signal.aborted) return;
    this.addEventListener(name, (event) => listener(/** @type {CustomEvent} */ (event).detail), { signal });
    if (this.latest.has(name)) listener(this.latest.get(name));
    this.#subscribers += 1;
    if (this.#subscribers === 1) this.#start();
    signal.addEventListener("abort", () => {
      this.#subscribers -= 1;
      // A page that follows another subscribes in the same turn: the stream need not be cut for it.
      setTimeout(() => {
        if (this.#subscribers === 0) this.#stop();
      });
    });
  }

  /** Forgets what was heard: another person signs in. */
  forget() {
    this.latest.clear();
    this.#setLive(false);
    if (this.#run) {
      this.#stop();
      if (this.#subscribers > 0) this.#start();
    }
  }

  #start() {
    if (this.#run) return;
    const run = new AbortController();
    this.#run = run;
    this.#tell({ kind: "hello" });
    if (!sharesStream) {
      this.#read(run.signal);
      return;
    }
    navigator.locks.request("fileroom-events", { signal: run.signal }, () => this.#read(run.signal)).catch((error) => {
      if (!run.signal.aborted) throw error;
    });
  }

  #stop() {
    this.#run?.abort();
    this.#run = null;
  }

  /**
   * Reads the stream until the signal is aborted. The browser itself connects again after a cut, with `Last-Event-ID`; it gives up when
   * the server refuses, and then we try again later.
   * @param {AbortSignal} signal
   */
  async #read(signal) {
    this.#leads = true;
    let delay = 1_000;
    while (!signal.aborted) {
      await this.#readOnce(signal, () => delay = 1_000);
      this.#announce(false);
      await pause(delay * (0.75 + Math.random() / 2), signal);
      delay = Math.min(delay * 2, longestDelay);
    }
    this.#leads = false;
  }

  /**
   * @param {AbortSignal} signal
   * @param {() => void} opened
   * @returns {Promise<void>} when the stream was given up
   */
  #readOnce(signal, opened) {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const stream = new EventSource(address);
      /** @type {ReturnType<typeof setTimeout> | undefined} */
      let late;
      const end = () => {
        clearTimeout(late);
        stream.close();
        resolve();
      };
      signal.addEventListener("abort", end, { once: true });
      stream.addEventListener("open", () => {
        clearTimeout(late);
        late = undefined;
        opened();
        this.#announce(true);
      });
      stream.addEventListener("error", () => {
        // The server ends streams now and then on purpose: a short gap is nothing to speak of.
        late ??= setTimeout(() => {
          this.#announce(false);
          // Nobody may be asking anything else just now: then nothing would say that the server is away.
          connection.check();
        }, patience);
        if (stream.readyState === EventSource.CLOSED) {
          // Perhaps the session has ended: who asks hears of it.
          api.get("/api/me", { automatic: true }).then(
            (me) => me.user || apiEvents.dispatchEvent(new Event("signed-out")),
            () => {},
          );
          signal.removeEventListener("abort", end);
          end();
        }
      });
      for (const name of names) {
        stream.addEventListener(name, (event) => {
          /** @type {Message} */
          const message = { kind: "event", name, data: JSON.parse(event.data) };
          this.#hear(message);
          this.#tell(message);
        });
      }
    });
  }

  /** @param {boolean} isLive */
  #announce(isLive) {
    this.#setLive(isLive);
    this.#tell({ kind: "state", isLive });
  }

  /** @param {Message} message */
  #tell(message) {
    if (sharesStream) this.#tabs.postMessage(message);
  }

  /** @param {Message} message */
  #hear(message) {
    if (message.kind === "event") {
      this.latest.set(message.name, message.data);
      this.#setLive(true);
      this.dispatchEvent(new CustomEvent(message.name, { detail: message.data }));
    } else if (message.kind === "state") {
      this.#setLive(message.isLive);
    } else if (this.#leads) {
      this.#tell({ kind: "state", isLive: this.isLive });
      for (const [name, data] of this.latest) this.#tell({ kind: "event", name, data });
    }
  }

  /** @param {boolean} isLive */
  #setLive(isLive) {
    if (isLive === this.isLive) return;
    this.isLive = isLive;
    this.dispatchEvent(new Event("live"));
  }
}

/**
 * @param {number} milliseconds
 * @param {AbortSignal} signal
 * @returns {Promise<void>}
 */
function pause(milliseconds, signal) {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    }, { once: true });
  });
}

export const serverEvents = new ServerEvents();
