import { AuditFilters } from "../components/audit-filters.js";
import { badge, pageHead } from "../components/bits.js";
import { button } from "../components/button.js";
import { icon } from "../components/icon.js";
import { emptyState, errorSentence, errorState, loadingState } from "../components/states.js";
import { table } from "../components/table.js";
import { toast } from "../components/toast.js";
import { api } from "../lib/api.js";
import { connection } from "../lib/connection.js";
import { fill, h } from "../lib/dom.js";
import { Page } from "../lib/element.js";
import { formatDateTime, formatNumber, t, textIfKnown } from "../lib/i18n.js";
import { router } from "../lib/router.js";

export const tag = "fr-audit";

/**
 * @typedef {{
 *   id: number, time: string, actor: string, method: string, ip_address: string, action: string, object: string | null,
 *   outcome: string, detail: string | null,
 * }} Entry
 */

const pageLength = 100;
const day = 86_400_000;
class AuditPage extends Page {
  #content = h("div");
  #verdict = h("div", { class: "verdict", role: "status" });
  #filters = new AuditFilters(this.life, (query) => this.#filter(query));
  /** @type {Entry[]} */
  #entries = [];
  /** @type {string | null} */
  #cursor = null;
  #turn = 0;
  #table = entryTable();

  /** @override */
  build() {
    fill(
      this,
      pageHead(t("nav.audit"), {
        text: t("audit.text"),
        actions: [
          button(t("audit.verify"), { icon: "shield", onClick: () => this.#verify() }),
          h(
            "a",
            { class: "button plain", href: "/api/audit/export", download: "fileroom-audit.jsonl" },
            icon("download"),
            h("span", null, t("audit.export")),
          ),
        ],
      }),
      this.#verdict,
      h("section", { class: "panel" }, this.#filters.element, this.#content),
    );
    this.listen(connection, "change", () => connection.isOnline && this.#load());
    this.#filters.show(this.query);
    this.#load();
  }

  /** @override @param {URLSearchParams} query */
  queryChanged(query) {
    this.query = query;
    this.#filters.show(query);
    this.#load();
  }

  /** @param {URLSearchParams} query */
  #filter(query) {
    this.query = query;
    router.setQuery(query, { replace: true });
    this.#load();
  }

  async #load() {
    const turn = ++this.#turn;
    const slow = setTimeout(() => this.#entries.length > 0 || fill(this.#content, loadingState(6)), 200);
    try {
      const { entries, cursor } = await this.#ask(null);
      if (turn !== this.#turn) return;
      [this.#entries, this.#cursor] = [entries, cursor];
      this.#show();
    } catch (error) {
      if (!this.life.aborted && turn === this.#turn) fill(this.#content, errorState(error, () => this.#load()));
    } finally {
      clearTimeout(slow);
    }
  }

  /** @param {string | null} after */
  #ask(after) {
    const { actor, action, outcome, from, to } = Object.fromEntries(this.query);
    return api.get("/api/audit", {
      query: {
        actor,
        action,
        outcome,
        // Days are those of the person who looks; the last one counts as a whole.
        from: from ? new Date(`${from}T00:00:00`).toISOString() : null,
        to: to ? new Date(new Date(`${to}T00:00:00`).getTime() + day).toISOString() : null,
        limit: pageLength,
        after,
      },
      signal: this.life,
    });
  }

  #show() {
    if (this.#entries.length === 0) {
      const isFiltered = this.query.size > 0;
      fill(
        this.#content,
        emptyState({
          icon: "scroll",
          title: t(isFiltered ? "audit.none_found" : "audit.none_yet"),
          actions: [isFiltered && button(t("audit.show_all"), { onClick: () => router.go("/audit") })],
        }),
      );
      return;
    }
    this.#table.update(this.#entries);
    fill(
      this.#content,
      this.#table.element,
      this.#cursor && h("div", { class: "more" }, button(t("admin.more"), { onClick: () => this.#more() })),
    );
  }

  async #more() {
    const turn = this.#turn;
    try {
      const { entries, cursor } = await this.#ask(this.#cursor);
      if (turn !== this.#turn) return;
      this.#entries = [...this.#entries, ...entries];
      this.#cursor = cursor;
      this.#show();
    } catch (error) {
      if (!this.life.aborted) toast(errorSentence(error), { kind: "error" });
    }
  }

  async #verify() {
    fill(this.#verdict, h("p", { class: "note" }, icon("clock"), h("span", null, t("audit.verifying"))));
    try {
      const { is_intact: isIntact, entries, first_broken: broken } = await api.get("/api/audit/verify", {
        timeout: 300_000,
        signal: this.life,
      });
      fill(
        this.#verdict,
        isIntact
          ? h("p", { class: "note success" }, icon("shield"), h("span", null, t("audit.intact", { count: entries })))
          : h(
            "p",
            { class: "note danger" },
            icon("alert"),
            h("span", null, t("audit.broken", { entry: formatNumber(broken), count: entries })),
          ),
      );
    } catch (error) {
      if (!this.life.aborted) {
        fill(this.#verdict, h("p", { class: "note danger" }, icon("alert"), h("span", null, errorSentence(error))));
      }
    }
  }
}

function entryTable() {
  return table({
    caption: t("nav.audit"),
    rows: /** @type {Entry[]} */ ([]),
    key: (entry) => entry.id,
    columns: [
      {
        label: t("audit.time"),
        cell: (entry) =>
          h(
            "time",
            { datetime: entry.time, class: "numeric", title: `${entry.id} · ${entry.time}` },
            formatDateTime(entry.time),
          ),
      },
      {
        label: t("audit.actor"),
        kind: "main",
        cell: (
          entry,
        ) => [
          entry.actor === "-" ? t("audit.nobody") : entry.actor,
          " ",
          h("span", { class: "muted means" }, entry.method),
        ],
      },
      { label: t("audit.action"), cell: (entry) => actionText(entry.action) },
      {
        label: t("audit.object"),
        cell: (entry) =>
          h(
            "span",
            { class: "object" },
            entry.object ?? "",
            entry.detail ? h("small", { class: "muted" }, entry.detail) : null,
          ),
      },
      { label: t("audit.outcome"), cell: (entry) => outcomeBadge(entry.outcome) },
      { label: t("account.address"), cell: (entry) => h("span", { class: "numeric" }, entry.ip_address) },
    ],
  });
}

/** @param {string} action such as `user.create` */
function actionText(action) {
  const words = textIfKnown(`audit_action.${action}`);
  return words ? h("span", { title: action }, words) : h("code", null, action);
}

/** @param {string} outcome `ok` or a problem's code */
function outcomeBadge(outcome) {
  return outcome === "ok"
    ? badge(t("audit.ok"), { kind: "success", icon: "check" })
    : badge(outcome, { kind: "danger", icon: "alert", title: textIfKnown(`problem.${outcome}`) ?? "" });
}

customElements.define(tag, AuditPage);
