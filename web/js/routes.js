/**
 * Every page: its address, who may open it, and where its code is.
 */

/** @typedef {import("./lib/session.js").Role} Role */
/**
 * @typedef {object} PageRoute
 * @property {string} path
 * @property {import("./lib/i18n.js").TextKey} title
 * @property {Role[] | "signed-in" | "signed-out"} who
 * @property {import("./components/icon.js").IconName} [icon] of those in the navigation
 * @property {() => Promise<{ tag: string }>} load
 */

/** @type {PageRoute[]} */
export const routes = [
  {
    path: "/catalogue",
    title: "nav.catalogue",
    who: ["admin", "clinician"],
    icon: "search",
    load: () => import("./pages/catalogue.js"),
  },
  {
    path: "/shares",
    title: "nav.shares",
    who: ["admin", "clinician"],
    icon: "share",
    load: () => import("./pages/shares.js"),
  },
  {
    path: "/sources",
    title: "nav.sources",
    who: ["admin"],
    icon: "server",
    load: () => import("./pages/sources.js"),
  },
  { path: "/jobs", title: "nav.jobs", who: ["admin"], icon: "clock", load: () => import("./pages/jobs.js") },
  { path: "/people", title: "nav.people", who: ["admin"], icon: "people", load: () => import("./pages/people.js") },
  { path: "/keys", title: "nav.keys", who: ["admin"], icon: "key", load: () => import("./pages/keys.js") },
  { path: "/audit", title: "nav.audit", who: ["admin"], icon: "scroll", load: () => import("./pages/audit.js") },
  { path: "/health", title: "nav.health", who: ["admin"], icon: "pulse", load: () => import("./pages/health.js") },
  { path: "/account", title: "nav.account", who: "signed-in", load: () => import("./pages/account.js") },
  { path: "/sign-in", title: "nav.sign_in", who: "signed-out", load: () => import("./pages/sign-in.js") },
  { path: "/setup", title: "nav.setup", who: "signed-out", load: () => import("./pages/setup.js") },
];

/**
 * @param {PageRoute} route
 * @param {import("./lib/session.js").User | null} user
 */
export function mayOpen(route, user) {
  if (route.who === "signed-out") return true;
  if (!user) return false;
  return route.who === "signed-in" || route.who.includes(user.role);
}

/**
 * Where a person begins.
 * @param {import("./lib/session.js").User} user
 */
export function home(user) {
  return routes.find((route) => route.icon && mayOpen(route, user))?.path ?? "/account";
}
