import { pageHead } from "../components/bits.js";
import { fill } from "../lib/dom.js";
import { Page } from "../lib/element.js";
import { t } from "../lib/i18n.js";

export const tag = "fr-catalogue";

class CataloguePage extends Page {
  /** @override */
  build() {
    fill(this, pageHead(t("nav.catalogue")));
  }
}

customElements.define(tag, CataloguePage);
