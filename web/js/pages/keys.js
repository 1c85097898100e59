import { badge, copyText, pageHead, time } from "../components/bits.js";
import { button } from "../components/button.js";
import { confirmDialog, openDialog } from "../components/dialog.js";
import { field, form } from "../components/field.js";
import { icon } from "../components/icon.js";
import { emptyState, errorState, loadingState } from "../components/states.js";
import { table } from "../components/table.js";
import { toast } from "../components/toast.js";
import { api, path } from "../lib/api.js";
import { connection } from "../lib/connection.js";
import { fill, h } from "../lib/dom.js";
import { Page } from "../lib/element.js";
import { formatDateTime, t } from "../lib/i18n.js";
import { roleField } from "./people.js";

export const tag = "fr-keys";

/**
 * @typedef {{
 *   id: number, name: string, role: import("../lib/session.js").Role, created_by: string, created_at: string,
 *   expires_at: string | null, last_used_at: string | null, revoked_at: string | null, key?: string,
 * }} Key
 */

const day = 86_400_000;
/** For how many days a key may be asked to be valid; 0 for ever. */
const spans = [30, 90, 365, 0];

class KeysPage extends Page {
  #content = h("div");
  /** @type {Key[] | null} */
  #keys = null;
  #table = table({
    caption: t("nav.keys"),
    rows: /** @type {Key[]} */ ([]),
    key: (key) => key.id,
    columns: [
      {
        label: t("keys.name"),
        kind: "main",
        cell: (key) => [h("span", { class: "with-icon" }, icon("key"), key.name), stateOf(key)],
      },
      { label: t("people.role"), cell: (key) => t(`role.${key.role}`) },
      {
        label: t("keys.created"),
        cell: (
          key,
        ) => [
          time(key.created_at, { relative: true }),
          " ",
          h("span", { class: "muted" }, t("keys.by", { name: key.created_by })),
        ],
      },
      { label: t("keys.expires"), cell: (key) => time(key.expires_at, { absent: t("keys.never_expires") }) },
      {
        label: t("keys.last_used"),
        cell: (key) => time(key.last_used_at, { relative: true, absent: t("people.never") }),
      },
      {
        label: t("account.actions"),
        kind: "actions",
        cell: (key) =>
          !key.revoked_at && button(t("keys.revoke"), {
            attributes: { "aria-label": t("keys.revoke_of", { name: key.name }) },
            onClick: () => void this.#revoke(key),
          }),
      },
    ],
  });

  /** @override */
  build() {
    fill(
      this,
      pageHead(t("nav.keys"), {
        text: t("keys.text"),
        actions: button(t("keys.create"), { kind: "primary", icon: "plus", onClick: () => void this.#create() }),
      }),
      h("section", { class: "panel" }, this.#content),
    );
    this.listen(connection, "change", () => connection.isOnline && this.#load());
    this.#load();
  }

  async #load() {
    const slow = setTimeout(() => this.#keys ?? fill(this.#content, loadingState(4)), 200);
    try {
      const { keys } = await api.get("/api/keys", { signal: this.life });
      this.#keys = keys;
      this.#table.update([...keys].sort(byUse));
      fill(this.#content, keys.length > 0 ? this.#table.element : this.#empty());
    } catch (error) {
      if (!this.life.aborted && !this.#keys) fill(this.#content, errorState(error, () => this.#load()));
    } finally {
      clearTimeout(slow);
    }
  }

  #empty() {
    return emptyState({
      icon: "key",
      title: t("keys.empty_title"),
      text: t("keys.empty_text"),
      actions: [button(t("keys.create"), { kind: "primary", icon: "plus", onClick: () => void this.#create() })],
    });
  }

  async #create() {
    const key = await openDialog({
      title: t("keys.create_title"),
      content: (/** @type {(result: Key | null) => void} */ close) =>
        form({
          children: [
            field({
              name: "name",
              label: t("keys.name"),
              hint: t("keys.name_hint"),
              required: true,
              attributes: { autofocus: true, maxlength: 64 },
            }),
            roleField(),
            field({
              name: "expires_at",
              label: t("keys.valid_for"),
              hint: t("keys.valid_for_hint"),
              type: "select",
              value: "90",
              options: spans.map((days) => ({
                value: String(days),
                label: days === 0 ? t("keys.until_revoked") : t("keys.days", { count: days }),
              })),
            }),
          ],
          submit: t("keys.create"),
          onCancel: () => close(null),
          onSubmit: async ({ name, role, expires_at: days }) => {
            const body = {
              name,
              role,
              ...(days !== "0" && { expires_at: new Date(Date.now() + Number(days) * day).toISOString() }),
            };
            close(await api.post("/api/keys", body));
          },
        }),
    });
    if (!key) return;
    this.#load();
    await showKey(key);
  }

  /** @param {Key} key */
  async #revoke(key) {
    const isDone = await confirmDialog({
      title: t("keys.revoke_title", { name: key.name }),
      text: t("keys.revoke_text"),
      confirm: t("keys.revoke"),
      kind: "danger",
      run: () => api.delete(path`/api/keys/${key.id}`),
    });
    if (!isDone) return;
    toast(t("keys.revoked_done", { name: key.name }), { kind: "success" });
    this.#load();
  }
}

/** The only time that a key is shown. @param {Key} key */
function showKey(key) {
  const secret = key.key ?? "";
  return openDialog({
    title: t("keys.created_title", { name: key.name }),
    // A slip of the finger beside the dialog would lose it.
    mayDismiss: false,
    content: (close) => {
      const text = h(
        "textarea",
        { class: "input mono", readonly: true, rows: 2, "aria-label": t("keys.key"), autofocus: true },
        secret,
      );
      text.addEventListener("focus", () => text.select());
      return [
        h("p", { class: "note warning" }, icon("alert"), h("span", null, t("keys.shown_once"))),
        h(
          "div",
          { class: "secret" },
          text,
          button(t("keys.copy"), {
            kind: "primary",
            icon: "copy",
            onClick: () => copyText(secret).then(() => text.select()),
          }),
        ),
        h("p", { class: "muted" }, t("keys.how_to_use")),
        h("pre", { class: "code" }, `curl -H "Authorization: Bearer ${secret.slice(0, 8)}…" ${location.origin}/api/me`),
        h(
          "p",
          { class: "muted" },
          key.expires_at ? t("keys.valid_until", { time: formatDateTime(key.expires_at) }) : t("keys.valid_for_ever"),
        ),
        h("div", { class: "form-actions" }, button(t("keys.stored"), { onClick: () => close(null) })),
      ];
    },
  });
}

/** @param {Key} key */
function stateOf(key) {
  if (key.revoked_at) return badge(t("keys.revoked"), { kind: "danger" });
  if (hasExpired(key)) return badge(t("keys.expired"), { kind: "warning" });
  const left = key.expires_at ? Date.parse(key.expires_at) - Date.now() : Infinity;
  return left < 7 * day && badge(t("keys.expires_soon"), { kind: "warning", icon: "clock" });
}

/** @param {Key} key */
function hasExpired(key) {
  return key.expires_at !== null && Date.parse(key.expires_at) <= Date.now();
}

/** Those that can be used first, then the newest. @param {Key} one @param {Key} other */
function byUse(one, other) {
  const isOver = (/** @type {Key} */ key) => Number(key.revoked_at !== null || hasExpired(key));
  return isOver(one) - isOver(other) || other.id - one.id;
}

customElements.define(tag, KeysPage);
