import { badge, pageHead, panel, time } from "../components/bits.js";
import { button } from "../components/button.js";
import { confirmDialog } from "../components/dialog.js";
import { field, form } from "../components/field.js";
import { icon } from "../components/icon.js";
import { errorSentence, errorState, loadingState } from "../components/states.js";
import { table } from "../components/table.js";
import { toast } from "../components/toast.js";
import { api, ApiError, path } from "../lib/api.js";
import { fill, h } from "../lib/dom.js";
import { Page } from "../lib/element.js";
import { t } from "../lib/i18n.js";
import { session } from "../lib/session.js";
import { describeAgent } from "../lib/user-agent.js";

export const tag = "fr-account";

const shortestPassword = 12;

/**
 * @typedef {{
 *   id: string, created_at: string, last_used_at: string, expires_at: string, ip_address: string, user_agent: string | null,
 *   is_current: boolean,
 * }} BrowserSession
 */

class AccountPage extends Page {
  #sessions = h("div");

  /** @override */
  build() {
    const user = session.user;
    if (!user) return;
    fill(
      this,
      pageHead(t("account.title"), { text: t("account.text", { name: user.name, role: t(`role.${user.role}`) }) }),
      h(
        "div",
        { class: "columns" },
        panel({ title: t("account.password_title"), text: t("account.password_text") }, this.#passwordForm(user.name)),
        panel(
          {
            title: t("account.sessions_title"),
            text: t("account.sessions_text"),
            actions: button(t("account.everywhere"), { icon: "signOut", onClick: () => void this.#endAll() }),
          },
          this.#sessions,
        ),
      ),
    );
    this.#load();
  }

  /** @param {string} name */
  #passwordForm(name) {
    return form({
      children: [
        // Password managers file the new password under this name.
        h("input", { type: "text", autocomplete: "username", value: name, hidden: true, readonly: true }),
        field({
          name: "current_password",
          label: t("account.current_password"),
          type: "password",
          required: true,
          autocomplete: "current-password",
        }),
        field({
          name: "new_password",
          label: t("account.new_password"),
          hint: t("setup.password_hint"),
          type: "password",
          required: true,
          autocomplete: "new-password",
          attributes: { minlength: shortestPassword },
        }),
      ],
      submit: t("account.change_password"),
      onSubmit: async (values, element) => {
        try {
          await api.put("/auth/password", values, { keepsSession: true });
        } catch (error) {
          // The one field that the server cannot name, because nothing is wrong with its form.
          if (error instanceof ApiError && error.code === "PASSWORD_WRONG") {
            error.fields = [{ path: "$.current_password", message: error.detail }];
          }
          throw error;
        }
        element.reset();
        toast(t("account.password_changed"), { kind: "success" });
        await this.#load();
      },
    });
  }

  async #load() {
    const slow = setTimeout(() => fill(this.#sessions, loadingState(3)), 200);
    try {
      const { sessions } = await api.get("/auth/sessions", { signal: this.life });
      fill(this.#sessions, this.#table(sessions));
    } catch (error) {
      if (!this.life.aborted) fill(this.#sessions, errorState(error, () => this.#load()));
    } finally {
      clearTimeout(slow);
    }
  }

  /** @param {BrowserSession[]} sessions */
  #table(sessions) {
    return table({
      caption: t("account.sessions_title"),
      rows: sessions,
      key: (row) => row.id,
      columns: [
        {
          label: t("account.device"),
          kind: "main",
          cell: (row) => [
            h(
              "span",
              { class: "with-icon" },
              icon(describeAgent(row.user_agent).isPhone ? "phone" : "laptop"),
              browserName(row.user_agent),
            ),
            row.is_current && badge(t("account.this_session"), { kind: "success" }),
          ],
        },
        { label: t("account.address"), cell: (row) => h("span", { class: "numeric" }, row.ip_address) },
        { label: t("account.signed_in"), cell: (row) => time(row.created_at, { relative: true }) },
        { label: t("account.last_used"), cell: (row) => time(row.last_used_at, { relative: true }) },
        {
          label: t("account.actions"),
          kind: "actions",
          cell: (row) => !row.is_current && this.#endButton(row),
        },
      ],
    }).element;
  }

  /** @param {BrowserSession} row */
  #endButton(row) {
    return button(t("account.end_session"), {
      attributes: { "aria-label": t("account.end_session_of", { browser: browserName(row.user_agent) }) },
      onClick: async () => {
        try {
          await api.delete(path`/auth/sessions/${row.id}`);
          toast(t("account.session_ended"), { kind: "success" });
          await this.#load();
        } catch (error) {
          toast(errorSentence(error), { kind: "error" });
        }
      },
    });
  }

  async #endAll() {
    const isDone = await confirmDialog({
      title: t("account.everywhere_title"),
      text: t("account.everywhere_text"),
      confirm: t("account.everywhere"),
      kind: "danger",
      run: () => api.delete("/auth/sessions"),
    });
    if (isDone) session.leave();
  }
}

/** @param {string | null} agent */
function browserName(agent) {
  const { browser, system } = describeAgent(agent);
  if (browser && system) return t("account.browser_on", { browser, system });
  return browser ?? system ?? t("account.unknown_browser");
}

customElements.define(tag, AccountPage);
