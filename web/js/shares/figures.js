/**
 * What all shares together amount to.
 */

import { fill, h } from "../lib/dom.js";
import { formatBytes, formatNumber, t } from "../lib/i18n.js";

/** @typedef {import("./types.js").ShareStatistics} ShareStatistics */

export class ShareFigures {
  element = h("dl", { class: "share-figures", "aria-label": t("shares.statistics"), hidden: true });

  /** @param {ShareStatistics} statistics */
  show({ shares, downloads, bytes, failed_passwords: failed, access_count: accesses }) {
    /** @type {[import("../lib/i18n.js").TextKey, string, string?][]} */
    const figures = [
      ["shares.stat_active", formatNumber(shares.active)],
      ["shares.stat_locked", formatNumber(shares.locked), shares.locked > 0 ? "danger" : ""],
      ["shares.stat_downloads", formatNumber(downloads)],
      ["shares.stat_bytes", formatBytes(bytes)],
      ["shares.stat_accesses", formatNumber(accesses)],
      ["shares.stat_failed", formatNumber(failed), failed > 0 ? "warning" : ""],
    ];
    fill(
      this.element,
      figures.map(([key, value, kind]) =>
        h("div", { class: kind || null }, h("dt", null, t(key)), h("dd", { class: "numeric" }, value))
      ),
    );
    this.element.hidden = false;
  }
}
