/**
 * What a test of a source found: each step with its result, the remedy at the one that failed, and advice.
 */

import { h } from "../lib/dom.js";
import { formatBytes, formatNumber, t, textIfKnown } from "../lib/i18n.js";
import { icon } from "./icon.js";
import { causeText, remedyText, serverWords } from "./index-words.js";

/** @typedef {import("../lib/index-types.js").ShareReport} ShareReport */
/** @typedef {import("../lib/index-types.js").FolderReport} FolderReport */
/** @typedef {import("../lib/index-types.js").Suggestion} Suggestion */
/** A step: passed, failed, or not come to (null). @typedef {{ label: string, passed: boolean | null, detail?: string }} Step */

/** @param {ShareReport | FolderReport} report @returns {report is FolderReport} */
function isFolder(report) {
  return !("is_reachable" in report) && "path" in report;
}

/** Whether the source can be indexed. @param {ShareReport | FolderReport} report */
export function isUsable(report) {
  return isFolder(report) || report.is_path_readable === true;
}

/** @param {ShareReport | FolderReport} report */
export function testReport(report) {
  const steps = isFolder(report) ? folderSteps(report) : shareSteps(report);
  const code = isFolder(report) ? undefined : report.error_code;
  const failed = code ? steps.findIndex(({ passed }) => passed !== true) : -1;
  return h(
    "ol",
    { class: "steps" },
    steps.map((step, index) => stepLine(step, index === failed && !isFolder(report) ? report : null)),
  );
}

/** @param {Step} step @param {ShareReport | null} problem */
function stepLine({ label, passed, detail }, problem) {
  const result = problem ? false : passed;
  const state = result === true ? "passed" : result === false ? "failed" : "skipped";
  return h(
    "li",
    { class: `step ${state}` },
    icon(result === true ? "check" : result === false ? "close" : "minus"),
    h(
      "div",
      null,
      h("strong", null, label),
      " ",
      h("span", { class: "visually-hidden" }, t(`test.${state}`)),
      detail && h("span", { class: "muted" }, detail),
      problem && h(
        "p",
        null,
        causeWords(problem),
        " ",
        remedyWords(problem),
        h("code", { class: "code-note" }, problem.error_code),
      ),
    ),
  );
}

/** @param {ShareReport} problem */
function causeWords({ error_code: code = "", message = "" }) {
  const known = textIfKnown(`cause.${code}`);
  return known ? h("span", null, `${known}.`) : serverWords(`${causeText(code, message)}.`);
}

/** @param {ShareReport} problem */
function remedyWords({ error_code: code = "", suggestion = "" }) {
  const known = textIfKnown(`remedy.${code}`);
  return known ? h("span", null, known) : serverWords(remedyText(code, suggestion));
}

/** @param {FolderReport} report @returns {Step[]} */
function folderSteps(report) {
  return [
    { label: t("test.folder"), passed: true, detail: report.path },
    { label: t("test.speed"), passed: true, detail: headersText(report.headers_per_second, report.sampled_files) },
  ];
}

/** @param {ShareReport} report @returns {Step[]} */
function shareSteps(report) {
  /** @type {Step[]} */
  const steps = [
    { label: t("test.reachable"), passed: report.is_reachable ?? null, detail: roundTrip(report) },
    { label: t("test.credentials"), passed: report.are_credentials_accepted ?? null },
    { label: t("test.share"), passed: report.is_share_found ?? null },
    { label: t("test.path"), passed: report.is_path_readable ?? null },
  ];
  const isMeasured = report.headers_per_second !== undefined || report.entries_per_second !== undefined;
  steps.push({ label: t("test.speed"), passed: isMeasured ? true : null, detail: speedText(report) });
  steps.push({ label: t("test.protocol"), passed: report.dialect ? true : null, detail: protocolText(report) });
  return steps;
}

/** @param {ShareReport} report */
function roundTrip({ round_trip_milliseconds: time }) {
  if (time === undefined) return undefined;
  return t("test.round_trip", { time: formatNumber(time, { maximumFractionDigits: time < 10 ? 2 : 0 }) });
}

/** @param {ShareReport} report */
function speedText(report) {
  const parts = [];
  if (report.entries_per_second !== undefined) {
    parts.push(t("test.entries", { rate: formatNumber(report.entries_per_second, { maximumFractionDigits: 0 }) }));
  }
  if (report.headers_per_second !== undefined && report.sampled_files) {
    parts.push(headersText(report.headers_per_second, report.sampled_files));
    if (report.workers) parts.push(t("test.workers", { count: report.workers }));
    if (report.bytes_per_second) parts.push(`${formatBytes(report.bytes_per_second)}/s`);
    parts.push(t("test.not_dicom", { count: report.sampled_not_dicom ?? 0, of: report.sampled_files }));
  }
  return parts.join(" · ") || undefined;
}

/** @param {number} rate @param {number} files */
function headersText(rate, files) {
  return t("test.headers", { rate: formatNumber(rate, { maximumFractionDigits: 0 }), count: files });
}

/** @param {ShareReport} report */
function protocolText({ dialect, is_encrypted: isEncrypted, can_encrypt: canEncrypt }) {
  if (!dialect) return undefined;
  const encryption = isEncrypted ? t("test.encrypted") : canEncrypt ? t("test.could_encrypt") : t("test.not_encrypted");
  return `SMB ${dialect} · ${encryption}`;
}

/** @param {readonly Suggestion[]} advice */
export function adviceList(advice) {
  const wanted = advice.filter(({ code }) => code !== "error" && code !== "none");
  if (wanted.length === 0) return h("p", { class: "muted" }, t("advice.none"));
  return h(
    "ul",
    { class: "advice" },
    wanted.map(({ code, text }) =>
      h(
        "li",
        null,
        icon("info"),
        h("div", null, h("strong", null, textIfKnown(`advice.${code}`) ?? code), " ", serverWords(text)),
      )
    ),
  );
}
