import { badge, pageHead } from "../components/bits.js";
import { button } from "../components/button.js";
import { icon } from "../components/icon.js";
import { emptyState, errorSentence, errorState, loadingState } from "../components/states.js";
import { table } from "../components/table.js";
import { toast } from "../components/toast.js";
import { api } from "../lib/api.js";
import { connection } from "../lib/connection.js";
import { fill, h, uniqueID } from "../lib/dom.js";
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
/** How long nothing is typed before it is looked for, in milliseconds. */
const settling = 350;
const names = ["actor", "action", "outcome", "from", "to"];
/** What the server records; the list need not be complete, an entry shows whatever it has. */
const actions = [
  "session.start",
  "session.end",
  "session.end_all",
  "token.issue",
  "setup",
  "search",
  "study.view",
  "series.view",
  "catalogue.export",
  "audit.export",
  "index.start",
  "index.pause",
  "index.resume",
  "index.cancel",
  "index.confirm",
  "source.create",
  "source.change",
  "source.test",
  "source.remove",
  "source.delete",
  "user.create",
  "user.change",
  "user.password",
  "key.create",
  "key.revoke",
  "backup",
];
const outcomes = ["ok", "SIGN_IN_REFUSED", "TOO_MANY_FAILURES", "ROLE_NOT_ALLOWED"];

class AuditPage extends Page {
  #content = h("div");
  #verdict = h("div", { class: "verdict", role: "status" });
  #filters = h("div", { class: "filter-grid", role: "search", "aria-label": t("audit.filter") });
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
      h("section", { class: "panel" }, this.#filters, this.#content),
    );
    this.listen(connection, "change", () => connection.isOnline && this.#load());
    this.#showFilters();
    this.#load();
  }

  /** @override @param {URLSearchParams} query */
  queryChanged(query) {
    this.query = query;
    this.#showFilters();
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

  #showFilters() {
    // What is being typed stays as it is.
    if (this.#filters.contains(document.activeElement)) return;
    fill(
      this.#filters,
      names.map((name) => this.#filter(name)),
      this.query.size > 0 && button(t("audit.clear"), {
        kind: "quiet",
        icon: "close",
        onClick: () => {
          /** @type {HTMLElement} */ (document.activeElement)?.blur();
          router.go("/audit");
        },
      }),
    );
  }

  /** @param {string} name */
  #filter(name) {
    const id = uniqueID("audit");
    const value = this.query.get(name) ?? "";
    const input = name === "action" ? actionPicker(id, value) : h("input", {
      class: "input",
      id,
      type: name === "from" || name === "to" ? "date" : "search",
      value,
      spellcheck: "false",
      autocapitalize: "off",
      autocomplete: "off",
      list: name === "actor" || name === "outcome" ? `${id}-list` : null,
    });
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    input.addEventListener("input", () => {
      clearTimeout(timer);
      // The server compares the whole text: while somebody types, nothing fits yet.
      timer = setTimeout(
        () => this.#set(name, input.value.trim()),
        input.getAttribute("type") === "search" ? settling : 0,
      );
    });
    const known = h(
      "datalist",
      { id: `${id}-list` },
      name === "outcome" ? outcomes.map((code) => h("option", { value: code })) : null,
    );
    if (name === "actor") input.addEventListener("focus", () => this.#offerActors(known), { once: true });
    return h("div", { class: "pick" }, h("label", { for: id }, textIfKnown(`audit.${name}`) ?? name), input, known);
  }

  /** @param {HTMLElement} list */
  async #offerActors(list) {
    try {
      const { users } = await api.get("/api/users", { signal: this.life });
      const names = [...users.map((/** @type {{ name: string }} */ user) => user.name), "local"];
      fill(list, names.map((name) => h("option", { value: name })));
    } catch {
      // Names can be typed without being offered.
    }
  }

  /** @param {string} name @param {string} value */
  #set(name, value) {
    if (!this.isConnected) return;
    if (value) this.query.set(name, value);
    else this.query.delete(name);
    router.setQuery(this.query, { replace: true });
    this.#load();
  }
}

/** @param {string} id @param {string} value */
function actionPicker(id, value) {
  const known = value === "" || actions.includes(value) ? actions : [...actions, value];
  return h(
    "select",
    { class: "input", id },
    h("option", { value: "" }, t("audit.any")),
    known.map((action) =>
      h("option", { value: action, selected: action === value }, textIfKnown(`audit_action.${action}`) ?? action)
    ),
  );
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
        cell: (entry) => [entry.actor, " ", h("span", { class: "muted means" }, entry.method)],
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
