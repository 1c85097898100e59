/**
 * Who is signed in. All tabs of a browser share the session's cookie, so they tell each other when it changes.
 */

import { api, apiEvents, csrf } from "./api.js";

/** @typedef {"admin" | "clinician" | "uploader"} Role */
/** @typedef {{ name: string, role: Role, method: string }} User */
/** @typedef {{ user: User | null, csrf_token: string | null, expires_at: string | null, setup_needed: boolean, version: string }} Me */

const nobody = { user: null, csrf_token: null, expires_at: null };

class Session extends EventTarget {
  /** @type {Me} */
  #me = { ...nobody, setup_needed: false, version: "" };
  #tabs = new BroadcastChannel("fileroom-session");
  /** The session ended without the person asking for it. */
  hasExpired = false;
  /** The person signed out, here or in another tab. */
  hasLeft = false;

  constructor() {
    super();
    csrf.renew = () => this.load();
    apiEvents.addEventListener("signed-out", () => this.#use({ ...this.#me, ...nobody }));
    this.#tabs.addEventListener("message", ({ data }) => {
      if (data === "left") this.#leave();
      // When it fails, the next request tells.
      else this.load().catch(() => {});
    });
  }

  get user() {
    return this.#me.user;
  }

  get isSetupNeeded() {
    return this.#me.setup_needed;
  }

  get version() {
    return this.#me.version;
  }

  /** Asks the server who we are. */
  async load() {
    this.#use(await api.get("/api/me"));
  }

  /** @param {string} name @param {string} password */
  async signIn(name, password) {
    this.#enter(await api.post("/auth/session", { name, password }, { keepsSession: true }));
  }

  /** @param {string} token @param {string} name @param {string} password */
  async setUp(token, name, password) {
    this.#enter(await api.post("/auth/setup", { token, name, password }, { keepsSession: true }));
  }

  async signOut() {
    await api.delete("/auth/session", { keepsSession: true }).catch((error) => {
      // It had ended already.
      if (error.kind !== "signed-out") throw error;
    });
    this.leave();
  }

  /** After the session was ended on the server. */
  leave() {
    this.#leave();
    this.#tabs.postMessage("left");
  }

  #leave() {
    this.hasLeft = true;
    this.#use({ ...this.#me, ...nobody });
  }

  /** @param {Me} me */
  #enter(me) {
    this.#use(me);
    this.#tabs.postMessage("entered");
  }

  /** @param {Me} me */
  #use(me) {
    const changed = me.user?.name !== this.user?.name || me.user?.role !== this.user?.role ||
      me.setup_needed !== this.isSetupNeeded;
    this.hasExpired = !me.user && !this.hasLeft && (this.hasExpired || this.user !== null);
    this.hasLeft &&= !me.user;
    this.#me = me;
    csrf.token = me.csrf_token;
    if (changed) this.dispatchEvent(new Event("change"));
  }
}

export const session = new Session();
