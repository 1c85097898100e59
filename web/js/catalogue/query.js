/**
 * What is searched for: the same in the address bar, in the filters and in the request.
 */

/**
 * Days are YYYYMMDD; empty text means any.
 * @typedef {{
 *   text: string, modalities: string[], from: string, to: string, bodyPart: string, source: string, order: "" | "date" | "relevance",
 * }} CatalogueQuery
 */

/** @type {CatalogueQuery} */
export const anything = { text: "", modalities: [], from: "", to: "", bodyPart: "", source: "", order: "" };

/**
 * @param {URLSearchParams} parameters of the address bar
 * @returns {CatalogueQuery}
 */
export function fromAddress(parameters) {
  const order = parameters.get("order");
  return {
    text: parameters.get("q") ?? "",
    modalities: parameters.getAll("modality").flatMap((value) => value.split(",")).filter(Boolean),
    from: day(parameters.get("from")),
    to: day(parameters.get("to")),
    bodyPart: parameters.get("body_part") ?? "",
    source: parameters.get("source") ?? "",
    order: order === "date" || order === "relevance" ? order : "",
  };
}

/** @param {string | null} value */
function day(value) {
  return /^\d{8}$/.test(value ?? "") ? value ?? "" : "";
}

/**
 * For the address bar: only what differs from the ordinary.
 * @param {CatalogueQuery} query
 */
export function toAddress(query) {
  const parameters = new URLSearchParams();
  const values = {
    q: query.text,
    modality: query.modalities.join(","),
    from: query.from,
    to: query.to,
    body_part: query.bodyPart,
    source: query.source,
    order: query.order,
  };
  for (const [name, value] of Object.entries(values)) if (value) parameters.set(name, value);
  return parameters;
}

/**
 * For the search route. Who typed something wants what fits best; who typed nothing wants what is new.
 * @param {CatalogueQuery} query
 * @param {{ after: string | null, limit: number }} page
 */
export function toRequest(query, { after, limit }) {
  const parameters = toAddress({ ...query, text: query.text.trim(), order: orderOf(query) });
  parameters.set("level", "study");
  parameters.set("limit", String(limit));
  if (after) parameters.set("after", after);
  return parameters;
}

/** @param {CatalogueQuery} query @returns {"date" | "relevance"} */
export function orderOf(query) {
  return query.order || (query.text.trim() ? "relevance" : "date");
}

/** @param {CatalogueQuery} query */
export function hasFilters(query) {
  return query.modalities.length > 0 || Boolean(query.from || query.to || query.bodyPart || query.source);
}
