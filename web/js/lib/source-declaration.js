/**
 * A source as its form has it, and as it is sent: the keys of config.json, what is left at its default left out.
 */

/** @typedef {import("./index-types.js").Source} Source */
/** @typedef {Record<string, string | number | boolean | string[] | null>} Declaration */
/**
 * @typedef {object} Key
 * @property {string} name
 * @property {"text" | "whole" | "number" | "yes" | "list" | "workers" | "megabytes"} kind
 * @property {string | number | boolean} [usual] what it is when it is left out
 * @property {boolean} [smbOnly]
 */

/** @type {Key[]} */
export const keys = [
  { name: "name", kind: "text" },
  { name: "type", kind: "text", usual: "smb" },
  { name: "host", kind: "text", smbOnly: true },
  { name: "port", kind: "whole", usual: 445, smbOnly: true },
  { name: "share", kind: "text", smbOnly: true },
  { name: "path", kind: "text" },
  { name: "username", kind: "text", smbOnly: true },
  { name: "domain", kind: "text", smbOnly: true },
  { name: "schedule", kind: "text" },
  { name: "watch", kind: "yes", usual: false },
  { name: "enabled", kind: "yes", usual: true },
  { name: "encryption", kind: "text", usual: "if_offered", smbOnly: true },
  { name: "signing", kind: "text", usual: "if_offered", smbOnly: true },
  { name: "enumeration_method", kind: "text", usual: "auto" },
  { name: "mount_path", kind: "text", smbOnly: true },
  { name: "performance_mode", kind: "text", usual: "balanced" },
  { name: "max_workers", kind: "workers", usual: "auto" },
  { name: "connection_pool_size", kind: "whole", smbOnly: true },
  { name: "bytes_per_second", kind: "megabytes" },
  { name: "timeout", kind: "number", usual: 10 },
  { name: "retry_attempts", kind: "whole", usual: 3 },
  { name: "retry_delay", kind: "number", usual: 1 },
  { name: "all_names", kind: "yes", usual: false },
  { name: "name_filter", kind: "list" },
  { name: "default_issuer", kind: "text" },
  { name: "mass_disappearance_percent", kind: "whole", usual: 10 },
  { name: "chunk_size", kind: "whole", usual: 50 },
];

/**
 * What a form's fields say. A number that is none is sent as it was typed: the server says what is wrong with it.
 * @param {Record<string, string | boolean>} values by key
 * @returns {Declaration}
 */
export function declarationOf(values) {
  /** @type {Declaration} */
  const declaration = {};
  const isLocal = values.type === "local";
  for (const { name, kind, usual, smbOnly } of keys) {
    const value = values[name];
    if (value === undefined || (isLocal && smbOnly)) continue;
    const meant = typeof value === "boolean" ? value : valueOf(kind, value.trim());
    if (meant !== null && meant !== usual) declaration[name] = meant;
  }
  if (!isLocal && typeof values.password === "string" && values.password !== "") declaration.password = values.password;
  return declaration;
}

/**
 * A JSON merge patch from one declaration to another.
 * @param {Declaration} before
 * @param {Declaration} after
 * @returns {Declaration}
 *
 * Source: RFC 7396.
 */
export function patchOf(before, after) {
  /** @type {Declaration} */
  const patch = {};
  for (const [name, value] of Object.entries(after)) {
    if (JSON.stringify(before[name]) !== JSON.stringify(value)) patch[name] = value;
  }
  for (const name of Object.keys(before)) if (!(name in after)) patch[name] = null;
  return patch;
}

/**
 * What a field shows for a source's key.
 * @param {Source | null} source null for a new one
 * @param {string} name
 * @returns {string | boolean}
 */
export function shownValue(source, name) {
  const key = keys.find((candidate) => candidate.name === name);
  // A new one that is shown again has no declaration yet.
  const members = /** @type {Record<string, any>} */ (source?.declaration ?? source ?? {});
  const value = name === "enabled" ? members.is_enabled ?? members.enabled : members[name];
  if (key?.kind === "yes") return typeof value === "boolean" ? value : key.usual === true;
  if (value === undefined || value === null) return isChoice(key) ? String(key?.usual) : "";
  // A placeholder says what is usual.
  if (value === key?.usual && !isChoice(key)) return "";
  if (Array.isArray(value)) return value.map((text) => text === "" ? '""' : text).join(", ");
  return key?.kind === "megabytes" ? String(value / 1_000_000) : String(value);
}

/** @param {Key | undefined} key */
function isChoice(key) {
  return key?.kind === "text" && key.usual !== undefined;
}

/** @param {Key["kind"]} kind @param {string} text */
function valueOf(kind, text) {
  if (text === "") return null;
  const number = Number(text.replace(",", "."));
  switch (kind) {
    case "whole":
    case "number":
      return Number.isFinite(number) ? number : text;
    case "workers":
      return Number.isFinite(number) ? number : text.toLowerCase();
    case "megabytes":
      return Number.isFinite(number) ? Math.round(number * 1_000_000) : text;
    case "list":
      return text.split(/[,\s]+/).filter(Boolean).map((part) => part === '""' || part === "''" ? "" : part);
    default:
      return text;
  }
}

/**
 * An address as people have it at hand, such as `\\nas\radiology\2026` or `smb://fileroom@nas:445/radiology`, in its parts.
 * @param {string} text
 * @returns {{ host: string, port: string, share: string, path: string, username: string } | null} null when it is no such address
 */
export function splitAddress(text) {
  const trimmed = text.trim().replaceAll("\\", "/");
  const match = /^(?:smb:)?\/\/(?:([^@/]*)@)?(\[[^\]]+\]|[^/:]+)(?::(\d+))?(?:\/([^/]*)(?:\/(.*))?)?$/i.exec(trimmed);
  if (!match) return null;
  const [, user = "", host = "", port = "", share = "", path = ""] = match;
  const isURL = /^smb:/i.test(text.trim());
  const decoded = (/** @type {string} */ part) => isURL ? decode(part) : part;
  return {
    host: host.replace(/^\[|\]$/g, ""),
    port,
    share: decoded(share),
    path: decoded(path).replace(/\/$/, ""),
    // A password in an address would stay on the screen: it is typed into its own field.
    username: decoded(user.split(":")[0] ?? "").split(";").at(-1) ?? "",
  };
}

/** @param {string} part */
function decode(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
