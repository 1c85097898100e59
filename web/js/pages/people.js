import { badge, pageHead, time } from "../components/bits.js";
import { button } from "../components/button.js";
import { confirmDialog, openDialog } from "../components/dialog.js";
import { field, form } from "../components/field.js";
import { icon } from "../components/icon.js";
import { popover } from "../components/popover.js";
import { errorSentence, errorState, loadingState } from "../components/states.js";
import { table } from "../components/table.js";
import { toast } from "../components/toast.js";
import { api, path } from "../lib/api.js";
import { connection } from "../lib/connection.js";
import { fill, h } from "../lib/dom.js";
import { Page } from "../lib/element.js";
import { t } from "../lib/i18n.js";
import { session } from "../lib/session.js";

export const tag = "fr-people";

/** @typedef {import("../lib/session.js").Role} Role */
/** @typedef {{ name: string, role: Role, is_disabled: boolean, created_at: string, last_sign_in_at: string | null }} Person */

/** @type {Role[]} */
export const roles = ["admin", "clinician", "uploader"];
const shortestPassword = 12;

/** @param {Role} [value] @returns {HTMLElement} */
export function roleField(value = "clinician") {
  return field({
    name: "role",
    label: t("people.role"),
    hint: t("people.role_hint"),
    type: "select",
    value,
    options: roles.map((role) => ({ value: role, label: t(`role.${role}`) })),
  });
}

class PeoplePage extends Page {
  #content = h("div");
  /** @type {Person[] | null} */
  #people = null;
  #table = table({
    caption: t("nav.people"),
    rows: /** @type {Person[]} */ ([]),
    key: (person) => person.name,
    columns: [
      {
        label: t("people.name"),
        kind: "main",
        cell: (person) => [
          h("span", { class: "with-icon" }, icon("person"), person.name),
          person.name === session.user?.name && badge(t("people.you"), { kind: "accent" }),
          person.is_disabled && badge(t("people.disabled"), { kind: "warning" }),
        ],
      },
      { label: t("people.role"), cell: (person) => t(`role.${person.role}`) },
      {
        label: t("people.last_sign_in"),
        cell: (person) => time(person.last_sign_in_at, { relative: true, absent: t("people.never") }),
      },
      { label: t("people.created"), cell: (person) => time(person.created_at, { relative: true }) },
      { label: t("account.actions"), kind: "actions", cell: (person) => this.#menu(person) },
    ],
  });

  /** @override */
  build() {
    fill(
      this,
      pageHead(t("nav.people"), {
        text: t("people.text"),
        actions: button(t("people.add"), { kind: "primary", icon: "plus", onClick: () => void this.#add() }),
      }),
      h("section", { class: "panel" }, this.#content),
    );
    this.listen(connection, "change", () => connection.isOnline && this.#load());
    this.#load();
  }

  async #load() {
    const slow = setTimeout(() => this.#people ?? fill(this.#content, loadingState(4)), 200);
    try {
      const { users } = await api.get("/api/users", { signal: this.life });
      this.#people = users;
      this.#table.update(users);
      if (!this.#table.element.isConnected) fill(this.#content, this.#table.element);
    } catch (error) {
      if (!this.life.aborted && !this.#people) fill(this.#content, errorState(error, () => this.#load()));
    } finally {
      clearTimeout(slow);
    }
  }

  /** @param {Person} person */
  #menu(person) {
    const opener = button(t("people.manage"), {
      kind: "quiet",
      icon: "more",
      iconOnly: true,
      attributes: { "aria-label": t("people.manage_of", { name: person.name }) },
    });
    /** @param {import("../components/icon.js").IconName} name @param {string} label @param {() => unknown} run */
    const item = (name, label, run, kind = "") => (/** @type {() => void} */ close) =>
      h(
        "button",
        { type: "button", class: `menu-item ${kind}`.trim(), on: { click: () => (close(), run()) } },
        icon(name),
        label,
      );
    const items = [
      item("shield", t("people.change_role"), () => this.#changeRole(person)),
      item("key", t("people.new_password"), () => this.#newPassword(person)),
      item("signOut", t("people.sign_out"), () => this.#signOut(person)),
      person.is_disabled
        ? item("check", t("people.enable"), () => this.#enable(person))
        : item("minus", t("people.disable"), () => this.#disable(person), "danger"),
    ];
    return h(
      "div",
      { class: "menu" },
      opener,
      popover(opener, {
        label: t("people.manage_of", { name: person.name }),
        align: "end",
        content: (close) => items.map((make) => make(close)),
      }),
    );
  }

  async #add() {
    const name = await openDialog({
      title: t("people.add_title"),
      content: (/** @type {(result: string | null) => void} */ close) =>
        form({
          children: [
            field({
              name: "name",
              label: t("setup.name"),
              hint: t("setup.name_hint"),
              required: true,
              attributes: { autofocus: true, maxlength: 64 },
            }),
            roleField(),
            passwordField(),
          ],
          submit: t("people.add"),
          onCancel: () => close(null),
          onSubmit: async (values) => {
            await api.post("/api/users", values);
            close(String(values.name));
          },
        }),
    });
    if (name) this.#done(t("people.added", { name }));
  }

  /** @param {Person} person */
  async #changeRole(person) {
    const isDone = await openDialog({
      title: t("people.change_role_title", { name: person.name }),
      content: (/** @type {(result: boolean | null) => void} */ close) =>
        form({
          children: [roleField(person.role)],
          submit: t("common.save"),
          onCancel: () => close(null),
          onSubmit: async ({ role }) => {
            if (role !== person.role) await api.patch(path`/api/users/${person.name}`, { role });
            close(true);
          },
        }),
    });
    if (isDone) this.#done(t("people.role_changed", { name: person.name }));
  }

  /** @param {Person} person */
  async #newPassword(person) {
    const isDone = await openDialog({
      title: t("people.new_password_title", { name: person.name }),
      content: (/** @type {(result: boolean | null) => void} */ close) => [
        h("p", { class: "muted" }, t("people.new_password_text")),
        form({
          children: [passwordField()],
          submit: t("people.new_password"),
          onCancel: () => close(null),
          onSubmit: async ({ password }) => {
            await api.patch(path`/api/users/${person.name}`, { password });
            close(true);
          },
        }),
      ],
    });
    if (isDone) this.#done(t("people.password_set", { name: person.name }));
  }

  /** @param {Person} person */
  async #signOut(person) {
    const isDone = await confirmDialog({
      title: t("people.sign_out_title", { name: person.name }),
      text: t("people.sign_out_text"),
      confirm: t("people.sign_out"),
      kind: "danger",
      run: () => api.delete(path`/api/users/${person.name}/sessions`),
    });
    if (isDone) this.#done(t("people.signed_out", { name: person.name }));
  }

  /** @param {Person} person */
  async #disable(person) {
    const isDone = await confirmDialog({
      title: t("people.disable_title", { name: person.name }),
      text: t("people.disable_text"),
      confirm: t("people.disable"),
      kind: "danger",
      run: () => api.patch(path`/api/users/${person.name}`, { is_disabled: true }),
    });
    if (isDone) this.#done(t("people.is_disabled", { name: person.name }));
  }

  /** @param {Person} person */
  async #enable(person) {
    try {
      await api.patch(path`/api/users/${person.name}`, { is_disabled: false });
      this.#done(t("people.is_enabled", { name: person.name }));
    } catch (error) {
      toast(errorSentence(error), { kind: "error" });
    }
  }

  /** @param {string} message */
  #done(message) {
    toast(message, { kind: "success" });
    this.#load();
  }
}

function passwordField() {
  return field({
    name: "password",
    label: t("people.password"),
    hint: t("people.password_hint"),
    type: "password",
    required: true,
    autocomplete: "new-password",
    attributes: { minlength: shortestPassword },
  });
}

customElements.define(tag, PeoplePage);
