/**
 * What a person can do with a job: start, pause, resume, cancel, confirm. What would destroy work asks first.
 */

import { api, ApiError, path } from "../lib/api.js";
import { h } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { button } from "./button.js";
import { confirmDialog, openDialog } from "./dialog.js";
import { field, form } from "./field.js";
import { icon as iconOf } from "./icon.js";
import { errorSentence } from "./states.js";
import { toast } from "./toast.js";

/** @typedef {import("../lib/index-types.js").Job} Job */

/** How long a start may take: the server signs in to the source first. In milliseconds. */
const startTimeout = 90_000;
/** How long a large source may take to leave the catalogue. In milliseconds. */
const forgetTimeout = 600_000;

/**
 * Starts a job on a source.
 * @param {string} source its name
 * @param {{ full?: boolean, all_names?: boolean, method?: string, workers?: number | string }} [options]
 * @returns {Promise<number>} the job
 */
export async function startJob(source, options = {}) {
  const { job } = await api.post("/api/index/start", { source, ...options }, { timeout: startTimeout });
  return job;
}

/**
 * A button that does something with the server, and says when that failed.
 * @param {string} label
 * @param {() => Promise<unknown>} run
 * @param {{
 *   kind?: "plain" | "primary" | "quiet" | "danger", icon?: import("./icon.js").IconName, about?: string, after?: () => void,
 * }} [options] `about`: what is acted on, for people who listen
 */
export function actionButton(label, run, { kind = "plain", icon, about, after } = {}) {
  return button(label, {
    kind,
    icon,
    attributes: about ? { "aria-label": `${label}: ${about}` } : {},
    onClick: async () => {
      try {
        await run();
        after?.();
      } catch (error) {
        toast(errorSentence(error), { kind: "error" });
      }
    },
  });
}

/**
 * The buttons for a job, as its state allows.
 * @param {Job} job
 * @param {() => void} after something was done
 */
export function jobButtons(job, after) {
  const about = job.source;
  if (job.state === "running") {
    return [
      actionButton(t("job.pause"), () => api.post("/api/index/pause", { job: job.id }), {
        icon: "pause",
        about,
        after,
      }),
      cancelButton(job, after),
    ];
  }
  if (job.state === "paused") {
    return [
      actionButton(t("job.resume"), () => api.post("/api/index/resume", { job: job.id }, { timeout: startTimeout }), {
        kind: "primary",
        icon: "play",
        about,
        after,
      }),
      cancelButton(job, after),
    ];
  }
  return [];
}

/** @param {Job} job @param {() => void} after */
function cancelButton(job, after) {
  return button(t("job.cancel"), {
    icon: "stop",
    attributes: { "aria-label": `${t("job.cancel")}: ${job.source}` },
    onClick: () => void cancel(job, after),
  });
}

/** @param {Job} job @param {() => void} after */
async function cancel(job, after) {
  const isDone = await confirmDialog({
    title: t("job.cancel_title", { source: job.source }),
    text: t("job.cancel_text", { count: job.files_processed }),
    confirm: t("job.cancel_confirm"),
    kind: "danger",
    run: () => api.post("/api/index/cancel", { job: job.id }),
  });
  if (isDone) after();
}

/** Jobs whose held files were decided about here: the stream may tell of them until the source's next job. @type {Set<number>} */
const settled = new Set();

/**
 * How many files a job holds that nobody decided about yet [I9].
 * @param {Pick<Job, "id" | "held_missing">} job
 */
export function heldFiles({ id, held_missing: held }) {
  return settled.has(id) ? 0 : held ?? 0;
}

/**
 * Lets held files go, after explaining what that means [I9].
 * @param {Pick<Job, "id" | "source" | "held_missing">} job
 * @returns {Promise<boolean>} whether it was done
 */
async function confirmMissing(job) {
  const [source, held] = [job.source, heldFiles(job)];
  const isDone = await confirmDialog({
    title: t("held.title", { count: held }),
    text: h(
      "span",
      { class: "paragraphs" },
      h("span", null, t("held.what", { source, count: held })),
      h("span", null, t("held.why")),
      h("strong", null, t("held.check")),
      h("span", null, t("held.then")),
    ),
    confirm: t("held.confirm"),
    kind: "danger",
    run: () => letGo(job),
  });
  return isDone;
}

/** @param {Pick<Job, "id" | "source">} job */
async function letGo({ id, source }) {
  try {
    const { files_removed: count } = await api.post("/api/index/confirm", { source }, { timeout: startTimeout });
    toast(t("held.done", { count }), { kind: "success" });
  } catch (error) {
    // Somebody else decided, or the files are back.
    if (!(error instanceof ApiError) || error.code !== "NOTHING_HELD") throw error;
    toast(errorSentence(error));
  }
  settled.add(id);
}

/**
 * Says that files are held, with what to do about it; nothing where none are.
 * @param {Pick<Job, "id" | "source" | "held_missing">} job
 * @param {() => void} after it was decided
 * @param {Node} [more] beside the button
 */
export function heldNotice(job, after, more) {
  const held = heldFiles(job);
  if (held === 0) return null;
  const review = async () => {
    if (await confirmMissing(job)) after();
  };
  return h(
    "div",
    { class: "note warning" },
    iconOf("alert"),
    h(
      "div",
      null,
      h("strong", null, t("held.notice", { count: held })),
      " ",
      t("held.notice_text"),
      h("div", { class: "note-actions" }, button(t("held.review"), { onClick: () => void review() }), more),
    ),
  );
}

/**
 * Asks how to start.
 * @param {import("../lib/index-types.js").Source} source
 * @returns {Promise<boolean>} whether a job was started
 */
export async function startDialog(source) {
  const answer = await openDialog({
    title: t("start.title", { source: source.name }),
    content: (/** @type {(result: boolean | null) => void} */ close) =>
      form({
        children: [
          field({ name: "full", label: t("start.full"), hint: t("start.full_hint"), type: "checkbox" }),
          field({ name: "all_names", label: t("start.all_names"), hint: t("start.all_names_hint"), type: "checkbox" }),
          source.type === "smb" && field({
            name: "method",
            label: t("job.method"),
            hint: t("start.method_hint"),
            type: "select",
            options: [
              { value: "", label: t("start.as_configured") },
              { value: "auto", label: t("method.auto") },
              { value: "smb", label: t("method.smb") },
              { value: "local", label: t("method.local") },
            ],
          }),
          field({
            name: "workers",
            label: t("start.workers"),
            hint: t("start.workers_hint"),
            attributes: { inputmode: "numeric", pattern: "auto|[0-9]{1,3}", placeholder: t("start.as_configured") },
          }),
        ],
        submit: t("job.start"),
        onCancel: () => close(null),
        onSubmit: async (values) => {
          await startJob(source.name, startOptions(values));
          close(true);
        },
      }),
  });
  return answer === true;
}

/** @param {import("./field.js").FormValues} values */
function startOptions({ full, all_names: allNames, method, workers }) {
  /** @type {Record<string, any>} */
  const options = {};
  if (full) options.full = true;
  if (allNames) options.all_names = true;
  if (method) options.method = String(method);
  const count = String(workers ?? "").trim();
  if (count !== "") options.workers = /^\d+$/.test(count) ? Number(count) : count;
  return options;
}

/**
 * Removes a source, after saying what goes with it.
 * @param {import("../lib/index-types.js").Source} source
 * @returns {Promise<boolean>} whether it was done
 */
export async function deleteSource(source) {
  const isDeclared = source.origin !== "catalogue";
  const answer = await openDialog({
    title: t("source.delete_title", { source: source.name }),
    content: (/** @type {(result: boolean | null) => void} */ close) => [
      h("p", null, isDeclared ? t("source.delete_what") : t("source.delete_catalogue", { count: source.series_count })),
      h("p", null, t("source.delete_nas")),
      form({
        children: [
          isDeclared && source.series_count > 0 && field({
            name: "forget",
            label: t("source.delete_forget", { count: source.series_count }),
            hint: t("source.delete_forget_hint"),
            type: "checkbox",
            value: true,
          }),
        ],
        submit: t("source.delete_confirm"),
        kind: "danger",
        onCancel: () => close(null),
        onSubmit: async ({ forget }) => {
          // Nothing of a source that was never read is in the catalogue.
          const forgets = forget === true || !isDeclared;
          await api.delete(path`/api/sources/${source.id}`, {
            query: { forget: forgets || null },
            timeout: forgetTimeout,
          });
          close(true);
        },
      }),
    ],
  });
  return answer === true;
}
