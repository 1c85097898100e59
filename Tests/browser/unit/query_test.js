/// <reference lib="deno.ns" />
import { anything, fromAddress, hasFilters, orderOf, toAddress, toRequest } from "../../../web/js/catalogue/query.js";
import { describeAgent } from "../../../web/js/lib/user-agent.js";
import { assertEquals } from "./support.js";

Deno.test("the address bar holds the whole search and gives it back", () => {
  /** @type {import("../../../web/js/catalogue/query.js").CatalogueQuery} */
  const query = {
    text: "müller & söhne",
    modalities: ["CT", "MR"],
    from: "20240101",
    to: "20240131",
    bodyPart: "HEAD",
    source: "nas 1",
    order: "date",
  };
  assertEquals(fromAddress(new URLSearchParams(toAddress(query).toString())), query);
});

Deno.test("a search for anything leaves the address bare", () => {
  assertEquals(toAddress(anything).toString(), "");
});

Deno.test("what is no day or order in an address is ignored", () => {
  assertEquals(fromAddress(new URLSearchParams("from=2024-01-01&to=x&order=size")), anything);
});

Deno.test("who types wants the best match first, who does not the newest, unless they say otherwise", () => {
  assertEquals(orderOf(anything), "date");
  assertEquals(orderOf({ ...anything, text: "doe" }), "relevance");
  assertEquals(orderOf({ ...anything, text: "doe", order: "date" }), "date");
});

Deno.test("the request asks for a page of studies after a cursor", () => {
  const request = toRequest({ ...anything, text: " doe ", modalities: ["CT"] }, { after: "abc", limit: 60 });
  assertEquals(request.toString(), "q=doe&modality=CT&order=relevance&level=study&limit=60&after=abc");
});

Deno.test("text and order are no filters", () => {
  assertEquals(hasFilters({ ...anything, text: "doe", order: "date" }), false);
  assertEquals(hasFilters({ ...anything, to: "20240101" }), true);
});

Deno.test("a browser is named by what it is, not by those it resembles", () => {
  const edge = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/155.0 Safari/537.36 Edg/155.0";
  assertEquals(describeAgent(edge), { browser: "Edge", system: "Windows", isPhone: false });
  const phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile/15E148 Safari/604.1";
  assertEquals(describeAgent(phone), { browser: "Safari", system: "iPhone", isPhone: true });
  assertEquals(describeAgent(null), { browser: null, system: null, isPhone: false });
});
