/**
 * The server's API: requests that say who asks, answers or errors that say what to do.
 */

/** @typedef {{ path: string, message: string }} FieldProblem */

/**
 * What went wrong with a request.
 * - `offline`: the server could not be reached
 * - `signed-out`: nobody is signed in, or no longer
 * - `refused`: the role may not
 * - `invalid`: what was sent is wrong; see `fields`
 * - `conflict`: it does not fit the state of things
 * - `missing`: there is no such thing
 * - `limited`: too many requests; see `retryAfter`
 * - `server`: the server failed
 * @typedef {"offline" | "signed-out" | "refused" | "invalid" | "conflict" | "missing" | "limited" | "server"} Kind
 */

export class ApiError extends Error {
  /**
   * @param {Kind} kind
   * @param {{
   *   status?: number, code?: string, detail?: string, requestID?: string, fields?: FieldProblem[], retryAfter?: number | null,
   * }} [about] `retryAfter` in seconds
   */
  constructor(kind, about = {}) {
    super(about.detail || about.code || kind);
    this.name = "ApiError";
    this.kind = kind;
    this.status = about.status ?? 0;
    this.code = about.code ?? "";
    this.detail = about.detail ?? "";
    this.requestID = about.requestID ?? "";
    this.fields = about.fields ?? [];
    this.retryAfter = about.retryAfter ?? null;
  }

  /** Whether the same request may succeed later. */
  get isTemporary() {
    return this.kind === "offline" || this.kind === "limited" || this.kind === "server";
  }
}

/** Tells `reachable`, `unreachable` and `signed-out`. */
export const apiEvents = new EventTarget();

/** What the session says must go with changes; set by session.js. @type {{ token: string | null, renew: () => Promise<void> }} */
export const csrf = { token: null, renew: () => Promise.resolve() };

/**
 * @typedef {{
 *   query?: Record<string, string | number | boolean | null | undefined> | URLSearchParams,
 *   body?: unknown,
 *   signal?: AbortSignal,
 *   timeout?: number,
 *   keepsSession?: boolean,
 *   accept?: string,
 *   automatic?: boolean,
 * }} RequestOptions `timeout` in milliseconds; `keepsSession`: a 401 is about what was sent, such as a password, not about the session;
 * `automatic`: nobody asked for it, so it does not keep the session from ending
 */

/**
 * @param {string} method
 * @param {string} path
 * @param {RequestOptions} [options]
 * @returns {Promise<any>} the JSON answer; null when there is none
 * @throws {ApiError} and the signal's reason when it was aborted
 */
export async function request(method, path, options = {}) {
  const answer = await send(method, path, options);
  if (answer.ok) return answer.status === 204 ? null : await answer.json();
  const error = await problem(answer);
  if (error.code === "CSRF_TOKEN_MISSING") {
    // The session was renewed in another tab.
    await csrf.renew();
    const second = await send(method, path, options);
    if (second.ok) return second.status === 204 ? null : await second.json();
    throw await problem(second);
  }
  if (error.kind === "signed-out" && !options.keepsSession) apiEvents.dispatchEvent(new Event("signed-out"));
  throw error;
}

export const api = {
  /** @param {string} path @param {RequestOptions} [options] */
  get: (path, options) => request("GET", path, options),
  /** @param {string} path @param {unknown} [body] @param {RequestOptions} [options] */
  post: (path, body, options) => request("POST", path, { ...options, body: body ?? {} }),
  /** @param {string} path @param {unknown} body @param {RequestOptions} [options] */
  put: (path, body, options) => request("PUT", path, { ...options, body }),
  /** @param {string} path @param {unknown} body @param {RequestOptions} [options] */
  patch: (path, body, options) => request("PATCH", path, { ...options, body }),
  /** @param {string} path @param {RequestOptions} [options] */
  delete: (path, options) => request("DELETE", path, options),
};

/**
 * Asks for text, whatever the status: `/readyz` says what is wrong with 503, and `/metrics` is no JSON.
 * @param {string} path
 * @param {Pick<RequestOptions, "signal" | "automatic">} [options]
 * @returns {Promise<{ status: number, text: string }>}
 * @throws {ApiError} when the server cannot be reached, or refuses
 */
export async function getText(path, options = {}) {
  const answer = await send("GET", path, { ...options, accept: "text/plain, application/json" });
  if (answer.status === 401 || answer.status === 403 || answer.status === 429) {
    const error = await problem(answer);
    if (error.kind === "signed-out") apiEvents.dispatchEvent(new Event("signed-out"));
    throw error;
  }
  return { status: answer.status, text: await answer.text() };
}

/**
 * A path with parts that came from data.
 * @param {TemplateStringsArray} strings
 * @param {...(string | number)} parts
 */
export function path(strings, ...parts) {
  return String.raw({ raw: strings }, ...parts.map((part) => encodeURIComponent(part)));
}

/**
 * @param {string} method
 * @param {string} path
 * @param {RequestOptions} options
 */
async function send(method, path, options) {
  const { query, body, signal, timeout = 30_000, accept = "application/json", automatic = false } = options;
  const headers = new Headers({ Accept: accept });
  if (automatic) headers.set("X-Automatic", "1");
  if (method !== "GET" && csrf.token) headers.set("X-CSRF-Token", csrf.token);
  if (body !== undefined) headers.set("Content-Type", "application/json");
  const signals = [AbortSignal.timeout(timeout)];
  if (signal) signals.push(signal);
  try {
    const answer = await fetch(path + search(query), {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.any(signals),
      credentials: "same-origin",
      cache: "no-store",
      redirect: "error",
    });
    apiEvents.dispatchEvent(new Event("reachable"));
    return answer;
  } catch (error) {
    signal?.throwIfAborted();
    apiEvents.dispatchEvent(new Event("unreachable"));
    throw new ApiError("offline", { detail: String(error) });
  }
}

/** @param {RequestOptions["query"]} query */
function search(query) {
  if (!query) return "";
  const parameters = query instanceof URLSearchParams ? query : new URLSearchParams();
  if (!(query instanceof URLSearchParams)) {
    for (const [name, value] of Object.entries(query)) {
      if (value !== null && value !== undefined && value !== "") parameters.set(name, String(value));
    }
  }
  const text = parameters.toString();
  return text && `?${text}`;
}

/** @type {Record<number, Kind>} */
const kinds = { 401: "signed-out", 403: "refused", 404: "missing", 409: "conflict", 410: "missing", 429: "limited" };

/** @param {Response} answer @returns {Promise<ApiError>} */
async function problem(answer) {
  /** @type {any} */
  let body = {};
  if (/[/+]json\b/.test(answer.headers.get("Content-Type") ?? "")) body = await answer.json().catch(() => ({}));
  const kind = kinds[answer.status] ?? (answer.status >= 500 ? "server" : "invalid");
  const seconds = Number(answer.headers.get("Retry-After") ?? NaN);
  return new ApiError(kind, {
    status: answer.status,
    code: body.code,
    detail: body.detail,
    requestID: body.request_id,
    fields: Array.isArray(body.errors) ? body.errors : [],
    retryAfter: Number.isFinite(seconds) ? seconds : null,
  });
}
