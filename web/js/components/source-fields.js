/**
 * The fields of a source, in groups.
 */

import { t } from "../lib/i18n.js";
import { shownValue } from "../lib/source-declaration.js";
import { field } from "./field.js";
import { scheduleField } from "./schedule-field.js";

/** @typedef {import("../lib/index-types.js").Source} Source */
/** @typedef {import("./field.js").FieldOptions} FieldOptions */

/** @param {string} [placeholder] */
const number = (placeholder) => ({ inputmode: "decimal", placeholder: placeholder ?? null });

/**
 * @param {Source | null} source
 * @param {Omit<FieldOptions, "value"> & { only?: "smb" | "local", isWide?: boolean }} options
 */
function sourceField(source, { only, isWide = false, ...options }) {
  const value = options.type === "password" ? "" : shownValue(source, options.name);
  const element = field({ ...options, value });
  if (only) element.dataset.only = only;
  if (isWide) element.classList.add("wide");
  return element;
}

/** @param {Source | null} source */
export function essentialFields(source) {
  const make = sourceField.bind(null, source);
  return [
    make({
      name: "name",
      label: t("source.name"),
      hint: t("source.name_hint"),
      required: true,
      isWide: true,
      attributes: { maxlength: 100, autofocus: source === null },
    }),
    make({
      name: "host",
      label: t("source.host"),
      hint: t("source.host_hint"),
      required: true,
      only: "smb",
      attributes: { placeholder: "nas.hospital.example" },
    }),
    make({
      name: "share",
      label: t("source.share"),
      required: true,
      only: "smb",
      attributes: { placeholder: "radiology" },
    }),
    make({ name: "path", label: t("source.path"), isWide: true }),
    make({ name: "username", label: t("source.username"), hint: t("source.username_hint"), only: "smb" }),
    make({
      name: "password",
      label: t("source.password"),
      hint: source?.has_password ? t("source.password_kept") : t("source.password_hint"),
      type: "password",
      autocomplete: "new-password",
      only: "smb",
    }),
    make({ name: "domain", label: t("source.domain"), hint: t("source.domain_hint"), only: "smb" }),
  ];
}

/** @param {Source | null} source */
export function timingFields(source) {
  return [
    scheduleField(source?.schedule ?? null),
    sourceField(source, { name: "watch", label: t("source.watch"), hint: t("source.watch_hint"), type: "checkbox" }),
    sourceField(source, {
      name: "enabled",
      label: t("source.enabled"),
      hint: t("source.enabled_hint"),
      type: "checkbox",
    }),
  ];
}

/**
 * @param {Source | null} source
 * @returns {{ title: string, fields: HTMLElement[] }[]}
 */
export function advancedGroups(source) {
  return [
    { title: t("source.group_speed"), fields: speedFields(source) },
    { title: t("source.group_connection"), fields: connectionFields(source) },
    { title: t("source.group_reading"), fields: readingFields(source) },
  ];
}

/** @param {Source | null} source */
function speedFields(source) {
  const make = sourceField.bind(null, source);
  return [
    make({
      name: "performance_mode",
      label: t("source.performance_mode"),
      hint: t("source.performance_mode_hint"),
      type: "select",
      isWide: true,
      options: ["gentle", "balanced", "fast"].map((value) => ({
        value,
        label: t(/** @type {import("../lib/i18n.js").TextKey} */ (`source.mode_${value}`)),
      })),
    }),
    make({
      name: "max_workers",
      label: t("source.max_workers"),
      hint: t("source.max_workers_hint"),
      attributes: number("auto"),
    }),
    make({
      name: "connection_pool_size",
      label: t("source.pool"),
      hint: t("source.pool_hint"),
      only: "smb",
      attributes: number(t("source.by_mode")),
    }),
    make({
      name: "bytes_per_second",
      label: t("source.bandwidth"),
      hint: t("source.bandwidth_hint"),
      attributes: number(t("source.by_mode")),
    }),
    make({
      name: "enumeration_method",
      label: t("job.method"),
      hint: t("source.method_hint"),
      type: "select",
      options: ["auto", "smb", "local"].map((value) => ({
        value,
        label: t(/** @type {import("../lib/i18n.js").TextKey} */ (`method.${value}`)),
      })),
    }),
  ];
}

/** @param {Source | null} source */
function connectionFields(source) {
  const make = sourceField.bind(null, source);
  const protection = ["off", "if_offered", "required"].map((value) => ({
    value,
    label: t(/** @type {import("../lib/i18n.js").TextKey} */ (`source.protection_${value}`)),
  }));
  return [
    make({ name: "encryption", label: t("source.encryption"), type: "select", options: protection, only: "smb" }),
    make({ name: "signing", label: t("source.signing"), type: "select", options: protection, only: "smb" }),
    make({ name: "port", label: t("source.port"), only: "smb", attributes: number("445") }),
    make({
      name: "mount_path",
      label: t("source.mount_path"),
      hint: t("source.mount_path_hint"),
      only: "smb",
      attributes: { placeholder: t("source.found_by_itself") },
    }),
    make({ name: "timeout", label: t("source.timeout"), hint: t("source.timeout_hint"), attributes: number("10") }),
    make({ name: "retry_attempts", label: t("source.retry_attempts"), attributes: number("3") }),
    make({
      name: "retry_delay",
      label: t("source.retry_delay"),
      hint: t("source.retry_delay_hint"),
      attributes: number("1"),
    }),
  ];
}

/** @param {Source | null} source */
function readingFields(source) {
  const make = sourceField.bind(null, source);
  return [
    make({
      name: "name_filter",
      label: t("source.name_filter"),
      hint: t("source.name_filter_hint"),
      isWide: true,
      attributes: { placeholder: '.dcm, .dicom, .ima, ""' },
    }),
    make({
      name: "all_names",
      label: t("source.all_names"),
      hint: t("source.all_names_hint"),
      type: "checkbox",
      isWide: true,
    }),
    make({
      name: "default_issuer",
      label: t("source.default_issuer"),
      hint: t("source.default_issuer_hint"),
      isWide: true,
    }),
    make({
      name: "mass_disappearance_percent",
      label: t("source.mass_disappearance"),
      hint: t("source.mass_disappearance_hint"),
      attributes: number("10"),
    }),
    make({
      name: "chunk_size",
      label: t("source.chunk_size"),
      hint: t("source.chunk_size_hint"),
      attributes: number("50"),
    }),
  ];
}
