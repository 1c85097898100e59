/**
 * What the connections to a share do: those of the job that runs, else of a short try.
 */

import { api, path } from "../lib/api.js";
import { fill, h } from "../lib/dom.js";
import { formatBytes, formatNumber, formatTime, t } from "../lib/i18n.js";
import { button } from "./button.js";
import { testTimeout } from "./source-form.js";
import { errorState, loadingState } from "./states.js";

/** @typedef {import("../lib/index-types.js").Source} Source */
/** @typedef {import("../lib/index-types.js").SourceMetrics} SourceMetrics */

/**
 * Asks for the figures and shows them.
 * @param {Source} source
 * @param {HTMLElement} place
 */
export async function showMetrics(source, place) {
  fill(place, loadingState(4));
  place.scrollIntoView({ block: "nearest" });
  try {
    const metrics = await api.get(path`/api/sources/${source.id}/metrics`, { timeout: testTimeout });
    fill(place, head(source, place), h("dl", { class: "facts" }, rows(metrics).map(fact)));
    place.scrollIntoView({ block: "nearest" });
  } catch (error) {
    fill(place, errorState(error, () => showMetrics(source, place)));
  }
}

/** @param {Source} source @param {HTMLElement} place */
function head(source, place) {
  return h(
    "div",
    { class: "panel-head" },
    h("h3", null, t("metrics.title", { time: formatTime(Date.now()) })),
    h(
      "div",
      { class: "panel-actions" },
      button(t("metrics.again"), {
        kind: "quiet",
        icon: "refresh",
        iconOnly: true,
        onClick: () => void showMetrics(source, place),
      }),
      button(t("common.dismiss"), { kind: "quiet", icon: "close", iconOnly: true, onClick: () => fill(place) }),
    ),
  );
}

/** @param {SourceMetrics} metrics @returns {[string, string][]} */
function rows(metrics) {
  const { connections, busy, queued, errors, retries, started, lost } = metrics;
  const milliseconds = formatNumber(metrics.round_trip_microseconds / 1000, { maximumFractionDigits: 2 });
  return [
    [t("metrics.connections"), t("metrics.connections_value", { connections, busy, queued })],
    [t("metrics.protection"), t(`metrics.protection_${protection(metrics)}`)],
    [t("metrics.round_trip"), metrics.round_trip_microseconds > 0 ? `${milliseconds}\u00a0ms` : "–"],
    [t("metrics.requests"), formatNumber(metrics.requests_per_second, { maximumFractionDigits: 0 })],
    [t("metrics.folders"), formatNumber(metrics.folders)],
    [t("metrics.entries"), formatNumber(metrics.entries)],
    [t("metrics.headers"), formatNumber(metrics.headers)],
    [t("metrics.bytes"), formatBytes(metrics.bytes)],
    [t("metrics.errors"), t("metrics.errors_value", { errors, retries })],
    [t("metrics.workers"), t("metrics.workers_value", { started, lost })],
    [t("metrics.logins"), formatNumber(metrics.logins)],
  ];
}

/** @param {SourceMetrics} metrics */
function protection({ is_encrypted: isEncrypted, is_signed: isSigned }) {
  return isEncrypted ? "encrypted" : isSigned ? "signed" : isEncrypted === false ? "none" : "unknown";
}

/** @param {[string, string]} row */
function fact([label, value]) {
  return h("div", null, h("dt", null, label), h("dd", { class: "numeric" }, value));
}
