/**
 * The jobs as the server tells of them now, and how fast they went: kept over the change of pages, so that a chart does not begin anew.
 */

import { serverEvents } from "./events.js";

/** @typedef {import("./index-types.js").IndexStatus} IndexStatus */
/** @typedef {import("./index-types.js").Job} Job */
/** A job's rate at a time in milliseconds. @typedef {{ time: number, rate: number }} RatePoint */

/** How long rates are kept, in milliseconds. */
export const rateSpan = 5 * 60_000;
const finest = 1_000;

class LiveIndex extends EventTarget {
  /** @type {IndexStatus | null} */
  status = null;
  /** @type {Map<number, RatePoint[]>} */
  #rates = new Map();

  /**
   * Hears every status until the signal is aborted; the newest, if any, at once.
   * @param {(status: IndexStatus) => void} listener
   * @param {AbortSignal} signal
   */
  subscribe(listener, signal) {
    serverEvents.subscribe("status", (status) => {
      // What a role may not see is left out.
      this.note({ ...status, jobs: status.jobs ?? [] });
      if (this.status) listener(this.status);
    }, signal);
  }

  /** @param {IndexStatus} status */
  note(status) {
    this.status = status;
    const now = Date.now();
    const known = new Set(status.jobs.map((job) => job.id));
    for (const id of this.#rates.keys()) if (!known.has(id)) this.#rates.delete(id);
    for (const job of status.jobs) {
      if (job.state !== "running") continue;
      const points = this.#rates.get(job.id) ?? [];
      this.#rates.set(job.id, points);
      if (now - (points.at(-1)?.time ?? 0) < finest) continue;
      points.push({ time: now, rate: job.files_per_second });
      while (points[0] && now - points[0].time > rateSpan) points.shift();
    }
  }

  /** @param {number} job @returns {readonly RatePoint[]} */
  rates(job) {
    return this.#rates.get(job) ?? [];
  }

  /** The job of this number, if it is among those that the server has at hand. @param {number} id */
  job(id) {
    return this.status?.jobs.find((job) => job.id === id) ?? null;
  }

  /** The newest job of a source. @param {string} source its name */
  jobOf(source) {
    const jobs = this.status?.jobs.filter((job) => job.source === source) ?? [];
    return jobs.reduce(
      (newest, job) => newest === null || job.id > newest.id ? job : newest,
      /** @type {Job | null} */ (null),
    );
  }
}

export const liveIndex = new LiveIndex();
