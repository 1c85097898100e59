import { badge, pageHead, time } from "../components/bits.js";
import { button, linkButton } from "../components/button.js";
import { icon } from "../components/icon.js";
import { popover } from "../components/popover.js";
import { emptyState, errorSentence, errorState, loadingState } from "../components/states.js";
import { table } from "../components/table.js";
import { toast } from "../components/toast.js";
import { api } from "../lib/api.js";
import { connection } from "../lib/connection.js";
import { fill, h } from "../lib/dom.js";
import { Page } from "../lib/element.js";
import { t } from "../lib/i18n.js";
import { router } from "../lib/router.js";
import { session } from "../lib/session.js";
import { actionsOf } from "../shares/actions.js";
import { showShare } from "../shares/details.js";
import { ShareFilters } from "../shares/filters.js";
import { ShareFigures } from "../shares/figures.js";
import { isOpen } from "../shares/types.js";
import { amountText, downloadsText, shareName, stateWords } from "../shares/words.js";

export const tag = "fr-shares";

/** @typedef {import("../shares/types.js").Share} Share */

const pageLength = 50;
/** How often the list is asked for again: downloads come and go. In milliseconds. */
const interval = 15_000;

class SharesPage extends Page {
  #content = h("div");
  #figures = new ShareFigures();
  #filters = new ShareFilters(this.life, (query) => this.#filter(query));
  /** @type {Share[] | null} */
  #shares = null;
  /** @type {string | null} */
  #cursor = null;
  #turn = 0;
  #table = this.#makeTable();

  /** @override */
  build() {
    const isAdmin = session.user?.role === "admin";
    fill(
      this,
      pageHead(t("nav.shares"), {
        text: t(isAdmin ? "shares.text_all" : "shares.text"),
        actions: linkButton(t("shares.new"), "/catalogue", { kind: "primary", icon: "search" }),
      }),
      this.#figures.element,
      h("section", { class: "panel" }, this.#filters.element, this.#content),
    );
    this.listen(connection, "change", () => connection.isOnline && this.#load());
    this.every(interval, () => this.#isIdle() && this.#load(true));
    this.#filters.show(this.query);
    this.#load();
  }

  /** Whether the list may change under the person's hands: not while a menu is open, which would go with its row. */
  #isIdle() {
    return document.visibilityState === "visible" && connection.isOnline && !this.querySelector(":popover-open");
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

  /** @param {boolean} [automatic] nobody asked for it */
  async #load(automatic = false) {
    const turn = ++this.#turn;
    const slow = setTimeout(() => this.#shares ?? fill(this.#content, loadingState(5)), 200);
    // As many as are shown already: who opened the second page keeps it.
    const limit = automatic ? Math.max(pageLength, this.#shares?.length ?? 0) : pageLength;
    try {
      const [page, statistics] = await Promise.all([
        this.#ask({ limit, automatic }),
        api.get("/api/shares/statistics", { signal: this.life, automatic }),
      ]);
      if (turn !== this.#turn) return;
      this.#figures.show(statistics);
      [this.#shares, this.#cursor] = [page.shares, page.cursor];
      this.#show();
    } catch (error) {
      const isShown = automatic && this.#shares !== null;
      if (!this.life.aborted && turn === this.#turn && !isShown) {
        this.#shares = null;
        fill(this.#content, errorState(error, () => this.#load()));
      }
    } finally {
      clearTimeout(slow);
    }
  }

  /** @param {{ after?: string | null, limit?: number, automatic?: boolean }} [how] */
  #ask({ after = null, limit = pageLength, automatic = false } = {}) {
    const { state, creator } = Object.fromEntries(this.query);
    return api.get("/api/shares", { query: { state, creator, limit, after }, signal: this.life, automatic });
  }

  #show() {
    const shares = this.#shares ?? [];
    this.#table.update(shares);
    if (shares.length === 0) return fill(this.#content, this.#empty());
    if (!this.#table.element.isConnected || this.#content.children.length !== (this.#cursor ? 2 : 1)) {
      fill(
        this.#content,
        this.#table.element,
        this.#cursor && h("div", { class: "more" }, button(t("admin.more"), { onClick: () => this.#more() })),
      );
    }
  }

  async #more() {
    const turn = this.#turn;
    try {
      const { shares, cursor } = await this.#ask({ after: this.#cursor });
      if (turn !== this.#turn) return;
      this.#shares = [...(this.#shares ?? []), ...shares];
      this.#cursor = cursor;
      this.#show();
    } catch (error) {
      if (!this.life.aborted) toast(errorSentence(error), { kind: "error" });
    }
  }

  #empty() {
    const isFiltered = this.query.size > 0;
    return emptyState({
      icon: "share",
      title: t(isFiltered ? "shares.none_title" : "shares.empty_title"),
      text: isFiltered ? undefined : t("shares.empty_text"),
      actions: [
        isFiltered
          ? button(t("shares.show_all"), { onClick: () => router.go("/shares") })
          : linkButton(t("shares.to_catalogue"), "/catalogue", { kind: "primary", icon: "search" }),
      ],
    });
  }

  #makeTable() {
    const isAdmin = session.user?.role === "admin";
    return table({
      caption: t("nav.shares"),
      rows: /** @type {Share[]} */ ([]),
      key: (share) => share.id,
      columns: [
        { label: t("shares.contents"), kind: "main", cell: (share) => contents(share) },
        ...(isAdmin ? [{ label: t("shares.creator"), cell: (/** @type {Share} */ share) => share.created_by }] : []),
        { label: t("shares.state"), cell: (share) => state(share) },
        { label: t("shares.ends"), cell: (share) => time(share.expires_at) },
        { label: t("shares.downloads"), cell: (share) => downloads(share) },
        {
          label: t("shares.last_accessed"),
          cell: (share) => time(share.last_accessed, { relative: true, absent: t("shares.never") }),
        },
        { label: t("shares.actions"), kind: "actions", cell: (share) => this.#menu(share) },
      ],
    });
  }

  /** @param {Share} share */
  #menu(share) {
    const label = t("shares.manage_of", { what: shareName(share) });
    const opener = button(t("shares.manage"), {
      kind: "quiet",
      icon: "more",
      iconOnly: true,
      attributes: { "aria-label": label },
    });
    /** @param {import("../shares/actions.js").ShareAction} action */
    const run = async (action) => {
      if (await action.run(share)) this.#load();
    };
    return h(
      "div",
      { class: "menu" },
      opener,
      popover(opener, {
        label,
        align: "end",
        content: (close) => [
          menuItem("info", t("shares.details"), () => (close(), void showShare(share))),
          actionsOf(share).map((action) =>
            menuItem(action.icon, t(action.label), () => (close(), void run(action)), action.kind)
          ),
        ],
      }),
    );
  }
}

/**
 * @param {import("../components/icon.js").IconName} name
 * @param {string} label
 * @param {() => void} run
 * @param {string} [kind]
 */
function menuItem(name, label, run, kind = "") {
  return h("button", { type: "button", class: `menu-item ${kind}`.trim(), on: { click: run } }, icon(name), label);
}

/** @param {Share} share */
function contents(share) {
  return h(
    "div",
    { class: "share-name" },
    h("span", null, share.summary.modalities.map((code) => [badge(code, { kind: "accent" }), " "])),
    h("span", { class: "amount" }, amountText(share.summary)),
    share.note ? h("span", { class: "share-note muted", title: share.note }, share.note) : null,
  );
}

/** @param {Share} share */
function state(share) {
  const { text, kind, title } = stateWords(share);
  return h(
    "div",
    { class: "share-state" },
    badge(text, { kind, title: title || undefined }),
    isOpen(share) && badge(t(share.has_password ? "shares.has_password" : "shares.no_password"), {
      icon: share.has_password ? "lock" : undefined,
    }),
    share.failed_passwords > 0 &&
      badge(t("shares.wrong_passwords", { count: share.failed_passwords }), { kind: "warning", icon: "alert" }),
  );
}

/** @param {Share} share */
function downloads(share) {
  return [
    downloadsText(share),
    share.active_downloads > 0
      ? [" ", badge(t("shares.running", { count: share.active_downloads }), { kind: "accent", icon: "download" })]
      : null,
  ];
}

customElements.define(tag, SharesPage);
