/// <reference lib="deno.ns" />
import { assertSameForms, keysOf, placeholders } from "./support.js";
import de from "../../../web/js/texts/de.js";
import en from "../../../web/js/texts/en.js";

/** @type {Record<string, import("../../../web/js/lib/i18n.js").TextTable>} */
const tables = { en, de };

for (const [language, table] of Object.entries(tables)) {
  Deno.test(`${language} has the same texts as English`, () => {
    assertSameForms(keysOf(table), keysOf(en));
  });

  Deno.test(`${language} fills the same places in each text as English`, () => {
    /** @type {import("../../../web/js/lib/i18n.js").TextTable} */
    const english = en;
    for (const [key, entry] of Object.entries(table)) {
      assertSameForms(placeholders(entry), placeholders(english[key] ?? ""), key);
    }
  });

  Deno.test(`${language} has every plural form that the language needs`, () => {
    const needed = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
    for (const [key, entry] of Object.entries(table)) {
      if (typeof entry !== "string") assertSameForms(needed.filter((form) => !entry[form]), [], key);
    }
  });
}
