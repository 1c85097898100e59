/**
 * Figures in Prometheus's text form, as `/metrics` gives them.
 *
 * Source: Prometheus text exposition format 0.0.4.
 */

/** @typedef {{ labels: Record<string, string>, value: number }} Sample */

export class Figures {
  /** @type {Map<string, Sample[]>} */
  #families = new Map();

  /** @param {string} text */
  constructor(text) {
    for (const line of text.split("\n")) {
      const match = /^([A-Za-z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)(?:\s+-?\d+)?$/.exec(line);
      if (!match) continue;
      const [, name = "", labels = "", value = ""] = match;
      const family = this.#families.get(name) ?? [];
      family.push({ labels: parseLabels(labels), value: parseValue(value) });
      this.#families.set(name, family);
    }
  }

  /** @param {string} name @returns {Sample[]} */
  all(name) {
    return this.#families.get(name) ?? [];
  }

  /**
   * The sum over the figures that have these labels; null when there is none.
   * @param {string} name
   * @param {Record<string, string>} [labels]
   */
  sum(name, labels = {}) {
    const wanted = this.all(name).filter((sample) =>
      Object.entries(labels).every(([key, value]) => sample.labels[key] === value)
    );
    return wanted.length > 0 ? wanted.reduce((sum, { value }) => sum + value, 0) : null;
  }
}

/** @param {string} text */
function parseLabels(text) {
  /** @type {Record<string, string>} */
  const labels = {};
  for (const [, name = "", value = ""] of text.matchAll(/([A-Za-z_]\w*)="((?:[^"\\]|\\.)*)"/g)) {
    labels[name] = value.replace(/\\(.)/g, (_, letter) => letter === "n" ? "\n" : letter);
  }
  return labels;
}

/** @param {string} text */
function parseValue(text) {
  if (text === "+Inf") return Infinity;
  return text === "-Inf" ? -Infinity : Number(text);
}
