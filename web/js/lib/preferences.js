/**
 * What a person prefers on this device. Kept in the browser; nothing of it is secret.
 */

const prefix = "fileroom.";

/** @param {string} name @returns {string | null} */
export function readPreference(name) {
  try {
    return localStorage.getItem(prefix + name);
  } catch {
    return null;
  }
}

/** @param {string} name @param {string | null} value */
export function writePreference(name, value) {
  try {
    if (value === null) localStorage.removeItem(prefix + name);
    else localStorage.setItem(prefix + name, value);
  } catch {
    // Storage may be refused or full; the preference then lasts as long as the page.
  }
}

/** @typedef {"system" | "light" | "dark"} Theme */

/** @returns {Theme} */
export function theme() {
  const chosen = document.documentElement.dataset.theme;
  return chosen === "light" || chosen === "dark" ? chosen : "system";
}

/** @param {Theme} choice */
export function setTheme(choice) {
  if (choice === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = choice;
  writePreference("theme", choice === "system" ? null : choice);
}

/** Follows a theme that was chosen in another tab. */
export function followTheme() {
  addEventListener("storage", (event) => {
    if (event.key !== `${prefix}theme`) return;
    if (event.newValue === "light" || event.newValue === "dark") {
      document.documentElement.dataset.theme = event.newValue;
    } else delete document.documentElement.dataset.theme;
  });
}
