/**
 * Everything about one share: whose images they are, its terms, and who opened it.
 */

import { badge } from "../components/bits.js";
import { button } from "../components/button.js";
import { openDialog } from "../components/dialog.js";
import { errorSentence, errorState, loadingState } from "../components/states.js";
import { table } from "../components/table.js";
import { toast } from "../components/toast.js";
import { api, ApiError, path } from "../lib/api.js";
import { fill, h } from "../lib/dom.js";
import { formatBytes, formatDateTime, formatNumber, languages, t, textIfKnown } from "../lib/i18n.js";
import { describeAgent } from "../lib/user-agent.js";
import { amountText, choiceText, downloadsText, patientText, stateWords } from "./words.js";

/** @typedef {import("./types.js").Share} Share */
/** @typedef {import("./types.js").ShareLogEntry} ShareLogEntry */

/** Of so many things the contents are looked up and named. */
const mostNamed = 20;
const pageLength = 50;

/** @param {Share} share */
export async function showShare(share) {
  const end = new AbortController();
  await openDialog({
    title: t("share_detail.title"),
    kind: "wide",
    content: (close) => [
      facts(share),
      h("h3", null, t("share_detail.contents")),
      contents(share, end.signal),
      h("h3", null, t("share_detail.log")),
      log(share, end.signal),
      h("div", { class: "form-actions" }, button(t("common.close"), { onClick: () => close(null) })),
    ],
  });
  end.abort();
}

/** @param {Share} share */
function facts(share) {
  const { text, kind, title } = stateWords(share);
  const by = share.revoked_at && share.revoked_by;
  /** @type {[import("../lib/i18n.js").TextKey, import("../lib/dom.js").Child][]} */
  const lines = [
    ["shares.state", [badge(text, { kind }), title ? h("span", { class: "muted" }, " ", title) : null]],
    [
      "share_detail.created",
      t("share_detail.created_by", { time: formatDateTime(share.created_at), name: share.created_by }),
    ],
    ["share_detail.ends", formatDateTime(share.expires_at)],
    ["share_detail.protection", t(share.has_password ? "share_detail.yes" : "share_detail.no")],
    ["share_detail.failed_passwords", share.failed_passwords > 0 && formatNumber(share.failed_passwords)],
    ["share_detail.downloads", downloadsText(share)],
    ["share_detail.bytes", formatBytes(share.bytes_sent)],
    ["share_detail.accesses", formatNumber(share.access_count)],
    ["share_detail.size", amountText(share.summary)],
    ["share_detail.policy", t(`share.policy_${share.policy}`)],
    ["share_detail.patient", t(share.shows_patient ? "share_detail.yes" : "share_detail.no")],
    ["share_detail.language", (share.language && languages[share.language]?.name) ?? t("share.language_any")],
    ["share_detail.note", share.note],
  ];
  return h(
    "section",
    { class: "detail" },
    by && h(
      "p",
      { class: "note" },
      t("share_detail.revoked_by", { time: formatDateTime(share.revoked_at ?? ""), name: share.revoked_by ?? "" }),
    ),
    h(
      "dl",
      null,
      lines.filter(([, value]) => value).map(([key, value]) =>
        h("div", { class: "line" }, h("dt", null, t(key)), h("dd", null, h("span", { class: "words" }, value)))
      ),
    ),
    share.is_conflict_confirmed && h("p", { class: "note warning" }, t("share_detail.conflict")),
  );
}

/**
 * Whose images they are: asked for only here, where one wants to know.
 * @param {Share} share
 * @param {AbortSignal} signal
 */
function contents({ items }, signal) {
  const list = h("ul", { class: "chosen-list" }, h("li", { class: "muted" }, t("common.loading")));
  const rest = items.length - mostNamed;
  Promise.all(items.slice(0, mostNamed).map((item) => itemLine(item, signal))).then(
    (lines) => fill(list, lines, rest > 0 && h("li", { class: "muted" }, t("share.what_more", { count: rest }))),
    (error) => {
      if (!signal.aborted) fill(list, h("li", null, errorSentence(error)));
    },
  );
  return list;
}

/** @param {import("./types.js").SharedItem} item @param {AbortSignal} signal */
async function itemLine({ type, uid }, signal) {
  try {
    const data = await api.get(type === "study" ? path`/api/studies/${uid}` : path`/api/series/${uid}`, { signal });
    const choice = { type, uid, study: data, series: type === "series" ? data : null };
    return h("li", null, h("strong", null, patientText(choice)), h("span", { class: "muted" }, choiceText(choice)));
  } catch (error) {
    if (!(error instanceof ApiError) || error.kind !== "missing") throw error;
    return h("li", { class: "muted" }, t("share_detail.gone", { uid }));
  }
}

/**
 * @param {Share} share
 * @param {AbortSignal} signal
 */
function log(share, signal) {
  const place = h("div");
  const list = logTable();
  /** @type {ShareLogEntry[]} */
  let entries = [];
  /** @param {string | null} before */
  const ask = (before) => api.get(path`/api/shares/${share.id}/log`, { query: { limit: pageLength, before }, signal });
  /** @param {{ entries: ShareLogEntry[], cursor: string | null }} page */
  const show = (page) => {
    entries = [...entries, ...page.entries];
    list.update(entries);
    if (entries.length === 0) return fill(place, h("p", { class: "muted" }, t("share_detail.no_log")));
    const more = async () => {
      try {
        show(await ask(page.cursor));
      } catch (error) {
        if (!signal.aborted) toast(errorSentence(error), { kind: "error" });
      }
    };
    fill(place, list.element, page.cursor && h("div", { class: "more" }, button(t("admin.more"), { onClick: more })));
  };
  const load = async () => {
    fill(place, loadingState(3));
    try {
      show(await ask(null));
    } catch (error) {
      if (!signal.aborted) fill(place, errorState(error, load));
    }
  };
  load();
  return place;
}

function logTable() {
  return table({
    caption: t("share_detail.log"),
    rows: /** @type {ShareLogEntry[]} */ ([]),
    key: (entry) => entry.id,
    columns: [
      {
        label: t("share_detail.time"),
        cell: (entry) => h("time", { datetime: entry.accessed_at }, formatDateTime(entry.accessed_at)),
      },
      {
        label: t("share_detail.what"),
        kind: "main",
        cell: (entry) => [actionText(entry), " ", outcome(entry)],
      },
      { label: t("share_detail.bytes"), align: "end", cell: (entry) => entry.bytes ? formatBytes(entry.bytes) : "" },
      {
        label: t("share_detail.from"),
        cell: (entry) =>
          h(
            "span",
            { class: "object", title: entry.user_agent ?? "" },
            entry.ip_address,
            h("small", { class: "muted" }, agentText(entry.user_agent)),
          ),
      },
    ],
  });
}

/** @param {ShareLogEntry} entry */
function actionText({ action, range }) {
  const isLaterPart = action === "download" && range !== null && !range.startsWith("0-");
  return t(`share_action.${isLaterPart ? "resume" : action}`);
}

/** @param {ShareLogEntry} entry */
function outcome({ success, code }) {
  if (success === null) return badge(t("share_detail.running"), { kind: "accent", icon: "download" });
  return success ? null : badge(textIfKnown(`share_code.${code}`) ?? code, { kind: "danger" });
}

/** @param {string} agent */
function agentText(agent) {
  const { browser, system } = describeAgent(agent);
  return [browser, system].filter(Boolean).join(", ");
}
