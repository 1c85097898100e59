/**
 * What surrounds every page: navigation by role, the connection, the person's menu. Decides which page an address shows.
 */

import { connection } from "../lib/connection.js";
import { fill, h } from "../lib/dom.js";
import { FileroomElement, Page } from "../lib/element.js";
import { serverEvents } from "../lib/events.js";
import { t } from "../lib/i18n.js";
import { router } from "../lib/router.js";
import { session } from "../lib/session.js";
import { home, mayOpen, routes } from "../routes.js";
import { accountMenu, preferencesMenu } from "./account-menu.js";
import { button, linkButton } from "./button.js";
import { icon, mark } from "./icon.js";
import { emptyState, errorState, loadingState } from "./states.js";
import { announce } from "./toast.js";

/** @typedef {import("../routes.js").PageRoute} PageRoute */

export class AppShell extends FileroomElement {
  #main = h("main", { id: "main", tabindex: "-1" });
  #nav = h("nav", { class: "nav" });
  #bar = h("header", { class: "bar" });
  #online = h("div", { class: "connection", role: "status" });
  /** @type {{ route: PageRoute, page: Page } | null} */
  #shown = null;
  #turn = 0;

  /** @override */
  build() {
    fill(
      this,
      h("a", { class: "skip", href: "#main" }, t("shell.skip")),
      this.#bar,
      this.#online,
      this.#main,
    );
    this.listen(router, "change", () => this.#show());
    this.listen(session, "change", () => {
      serverEvents.forget();
      this.#buildBar();
      this.#shown = null;
      this.#show();
    });
    this.listen(connection, "change", () => this.#showConnection());
    this.#buildBar();
    this.#showConnection();
    this.#show();
  }

  /** Builds everything again, in another language. */
  rebuild() {
    this.#shown = null;
    fill(this.#main);
    this.remove();
    document.body.prepend(this);
  }

  #buildBar() {
    const user = session.user;
    const pages = user ? routes.filter((route) => route.icon && mayOpen(route, user)) : [];
    this.#nav.setAttribute("aria-label", t("shell.navigation"));
    fill(
      this.#nav,
      h(
        "ul",
        null,
        pages.map((route) => h("li", null, h("a", { href: route.path }, icon(route.icon ?? "info"), t(route.title)))),
      ),
    );
    const toggle = button(t("shell.menu"), { kind: "quiet", icon: "menu", iconOnly: true });
    toggle.classList.add("nav-toggle");
    toggle.setAttribute("aria-expanded", "false");
    toggle.addEventListener("click", () => this.#toggleNav(toggle));
    this.#nav.onclick = () => this.#toggleNav(toggle, false);
    this.#nav.onkeydown = (event) => {
      if (event.key !== "Escape" || !this.#bar.classList.contains("nav-open")) return;
      this.#toggleNav(toggle, false);
      toggle.focus();
    };
    this.#bar.classList.toggle("with-nav", pages.length > 1);
    fill(
      this.#bar,
      pages.length > 1 && toggle,
      h("a", { class: "brand", href: "/" }, mark(), h("span", null, "Fileroom")),
      pages.length > 1 && this.#nav,
      h("div", { class: "bar-end" }, user ? accountMenu(user) : preferencesMenu()),
    );
    this.#markCurrent();
  }

  /** @param {HTMLElement} toggle @param {boolean} [force] */
  #toggleNav(toggle, force) {
    toggle.setAttribute("aria-expanded", String(this.#bar.classList.toggle("nav-open", force)));
  }

  #showConnection() {
    const { isOnline } = connection;
    this.classList.toggle("offline", !isOnline);
    if (isOnline) fill(this.#online);
    else {
      fill(
        this.#online,
        icon("unplugged"),
        h("span", null, t("shell.offline")),
        button(t("shell.try_now"), { kind: "quiet", onClick: () => connection.check() }),
      );
    }
    this.dispatchEvent(new Event("connection"));
  }

  #markCurrent() {
    for (const link of this.#nav.querySelectorAll("a")) {
      if (link.getAttribute("href") === router.current.path) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
  }

  /** Where this address leads now: elsewhere when one must sign in or set up first. */
  #redirect() {
    const { path, query } = router.current;
    const user = session.user;
    if (!user) {
      if (path === "/sign-in" || path === "/setup") return null;
      if (session.isSetupNeeded) return "/setup";
      const address = path + (query.size > 0 ? `?${query}` : "");
      // Who signs out on purpose may leave the place to somebody else: what was searched for is not handed on.
      return path === "/" || session.hasLeft ? "/sign-in" : `/sign-in?return=${encodeURIComponent(address)}`;
    }
    if (path === "/sign-in") return returnAddress(query) ?? home(user);
    return path === "/" || path === "/setup" ? home(user) : null;
  }

  async #show() {
    const elsewhere = this.#redirect();
    if (elsewhere) return router.go(elsewhere, { replace: true });
    const { path, query } = router.current;
    this.#markCurrent();
    const route = routes.find((candidate) => candidate.path === path);
    if (this.#shown && this.#shown.route === route) return this.#shown.page.queryChanged(query);
    const isFirst = this.#turn === 0;
    const turn = ++this.#turn;
    const { content, title } = await this.#content(route, query, turn);
    if (turn !== this.#turn) return;
    document.title = title ? `${title} · Fileroom` : "Fileroom";
    this.#shown = route && content instanceof Page ? { route, page: content } : null;
    this.dataset.page = route?.path.slice(1) ?? "none";
    fill(this.#main, content);
    scrollTo(0, 0);
    if (isFirst || this.#main.contains(document.activeElement)) return;
    // As after a real page load: people who listen hear where they are.
    /** @type {HTMLElement} */ (this.#main.querySelector("h1") ?? this.#main).focus({ preventScroll: true });
    announce(title);
  }

  /**
   * @param {PageRoute | undefined} route
   * @param {URLSearchParams} query
   * @param {number} turn
   * @returns {Promise<{ content: Node, title: string }>}
   */
  async #content(route, query, turn) {
    if (!route) return { content: notFound(), title: t("shell.not_found_title") };
    const title = t(route.title);
    if (!mayOpen(route, session.user)) return { content: notAllowed(), title };
    const slow = setTimeout(() => turn === this.#turn && fill(this.#main, loadingState()), 200);
    try {
      const page = document.createElement((await route.load()).tag);
      if (!(page instanceof Page)) throw new TypeError(`${route.path} is no page`);
      page.query = query;
      return { content: page, title };
    } catch (error) {
      // A server with a newer front no longer has this one's files.
      return { content: errorState(error, () => location.reload()), title };
    } finally {
      clearTimeout(slow);
    }
  }
}

/**
 * Where to go after signing in: only to a page of ours.
 * @param {URLSearchParams} query
 */
export function returnAddress(query) {
  const wanted = query.get("return");
  if (!wanted?.startsWith("/")) return null;
  const address = new URL(wanted, location.origin);
  const isOurs = address.origin === location.origin && routes.some((route) => route.path === address.pathname);
  return isOurs ? address.pathname + address.search : null;
}

function notFound() {
  return emptyState({
    isPage: true,
    icon: "info",
    title: t("shell.not_found_title"),
    text: t("shell.not_found_text"),
    actions: [linkButton(t("shell.to_start"), "/", { kind: "primary" })],
  });
}

function notAllowed() {
  return emptyState({
    isPage: true,
    icon: "shield",
    title: t("error.refused_title"),
    text: t("error.refused_text"),
    actions: [linkButton(t("shell.to_start"), "/", { kind: "primary" })],
  });
}

customElements.define("fr-shell", AppShell);
