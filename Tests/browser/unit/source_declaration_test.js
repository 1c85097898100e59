import { declarationOf, patchOf, shownValue, splitAddress } from "../../../web/js/lib/source-declaration.js";
import { assertEquals } from "./support.js";

const form = {
  type: "smb",
  name: " archive ",
  host: "nas",
  port: "",
  share: "radiology",
  path: "",
  username: "fileroom",
  password: " with spaces ",
  watch: true,
  enabled: true,
  encryption: "required",
  signing: "if_offered",
  max_workers: "auto",
  bytes_per_second: "2,5",
  name_filter: '.dcm .ima, ""',
  timeout: "20",
};

Deno.test("a declaration holds what differs from the defaults, in the units of config.json", () => {
  assertEquals(declarationOf(form), {
    name: "archive",
    host: "nas",
    share: "radiology",
    username: "fileroom",
    watch: true,
    encryption: "required",
    bytes_per_second: 2_500_000,
    timeout: 20,
    name_filter: [".dcm", ".ima", ""],
    password: " with spaces ",
  });
});

Deno.test("a folder's declaration has no key of a share", () => {
  assertEquals(
    declarationOf({ ...form, type: "local", path: "/mnt/archive", timeout: "", name_filter: "", bytes_per_second: "" }),
    {
      name: "archive",
      type: "local",
      path: "/mnt/archive",
      watch: true,
    },
  );
});

Deno.test("a number that is none is sent as it was typed, so that the server says what is wrong with it", () => {
  assertEquals(declarationOf({ type: "smb", port: "ten" }), { port: "ten" });
});

Deno.test("a change names what is new and removes what is back at its default", () => {
  assertEquals(
    patchOf({ name: "a", timeout: 20, name_filter: [".dcm"] }, { name: "a", port: 446, name_filter: [".dcm"] }),
    {
      port: 446,
      timeout: null,
    },
  );
});

Deno.test("a field shows what is set, and leaves what is usual to its placeholder", () => {
  const source = /** @type {any} */ ({
    is_enabled: false,
    port: 445,
    max_workers: 12,
    bytes_per_second: 10_000_000,
    name_filter: [".dcm", ""],
    signing: "off",
  });
  assertEquals(shownValue(source, "enabled"), false);
  assertEquals(shownValue(source, "port"), "");
  assertEquals(shownValue(source, "max_workers"), "12");
  assertEquals(shownValue(source, "bytes_per_second"), "10");
  assertEquals(shownValue(source, "name_filter"), '.dcm, ""');
  assertEquals(shownValue(source, "signing"), "off");
  assertEquals(shownValue(null, "encryption"), "if_offered");
});

/** @type {[string, ReturnType<typeof splitAddress>][]} */
const addresses = [
  ["\\\\nas\\radiology\\2026\\ct", { host: "nas", port: "", share: "radiology", path: "2026/ct", username: "" }],
  [
    "smb://HOSPITAL;fileroom:secret@nas.example:1445/my%20share/a%25b/",
    { host: "nas.example", port: "1445", share: "my share", path: "a%b", username: "fileroom" },
  ],
  ["//[2001:db8::1]/share", { host: "2001:db8::1", port: "", share: "share", path: "", username: "" }],
  ["nas.hospital.example", null],
];

for (const [text, parts] of addresses) {
  Deno.test(`${text} is ${parts ? "taken apart" : "a name, and left alone"}`, () => {
    assertEquals(splitAddress(text), parts);
  });
}
