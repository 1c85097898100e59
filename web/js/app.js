/**
 * Starts the front: language, session, shell.
 */

import { errorState, loadingState } from "./components/states.js";
import { prepareToasts } from "./components/toast.js";
import { AppShell } from "./components/shell.js";
import { connection } from "./lib/connection.js";
import { fill, h } from "./lib/dom.js";
import { languageChanged, preferredLanguage, setLanguage } from "./lib/i18n.js";
import { followTheme } from "./lib/preferences.js";
import { router } from "./lib/router.js";
import { session } from "./lib/session.js";

followTheme();
await setLanguage(preferredLanguage());
prepareToasts();

const waiting = h("main", { class: "waiting" });
// Nothing flickers when the answer comes at once.
const slow = setTimeout(() => fill(waiting, loadingState(4)), 300);
document.body.prepend(waiting);

async function begin() {
  try {
    await session.load();
  } catch (error) {
    clearTimeout(slow);
    fill(waiting, errorState(error, begin));
    connection.addEventListener("change", () => connection.isOnline && begin(), { once: true });
    return;
  }
  clearTimeout(slow);
  if (!waiting.isConnected) return;
  const shell = new AppShell();
  waiting.replaceWith(shell);
  router.start();
  languageChanged.addEventListener("change", () => shell.rebuild());
}

await begin();
