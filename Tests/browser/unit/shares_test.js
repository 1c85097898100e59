/// <reference lib="deno.ns" />
import { useTexts } from "../../../web/js/lib/i18n.js";
import { mailAddress, shareMail } from "../../../web/js/shares/mail.js";
import { generatePassword } from "../../../web/js/shares/password.js";
import { qrPath } from "../../../web/js/shares/qr.js";
import { changeRequest, createRequest, expirySpans, localInput } from "../../../web/js/shares/request.js";
import { countPatients, Selection } from "../../../web/js/shares/selection.js";
import { spanText } from "../../../web/js/shares/words.js";
import de from "../../../web/js/texts/de/shares.js";
import { assertEquals } from "./support.js";

const day = 86_400;

/**
 * A study as the catalogue's tree holds it.
 * @param {string} uid
 * @param {number} seriesCount
 * @param {object} [patient]
 */
function studyOf(uid, seriesCount, patient = { PatientID: uid }) {
  /** @type {any} */
  const study = { kind: "study", data: { StudyInstanceUID: uid, ...patient }, parent: null };
  study.children = Array.from({ length: seriesCount }, (_, index) => (
    { kind: "series", data: { SeriesInstanceUID: `${uid}.${index + 1}` }, parent: study, children: null }
  ));
  return study;
}

/** @param {Selection} selection */
const chosen = (selection) => selection.choices.map(({ type, uid }) => `${type} ${uid}`);

Deno.test("a study stands for its series: without one of them the others are left, with all of them it is whole", () => {
  const selection = new Selection();
  const study = studyOf("1", 3);
  selection.toggle(study);
  assertEquals(study.children.map((/** @type {any} */ series) => selection.state(series)), ["all", "all", "all"]);
  selection.toggle(study.children[1]);
  assertEquals(chosen(selection), ["series 1.1", "series 1.3"]);
  assertEquals(selection.state(study), "some");
  selection.toggle(study.children[1]);
  assertEquals(chosen(selection), ["study 1"]);
  selection.toggle(study);
  assertEquals(selection.size, 0);
});

Deno.test("a study that is chosen takes the place of its series", () => {
  const selection = new Selection();
  const [one, other] = [studyOf("1", 3), studyOf("2", 2)];
  selection.toggle(one.children[2]);
  selection.toggle(other.children[0]);
  selection.toggle(one);
  assertEquals(chosen(selection), ["series 2.1", "study 1"]);
});

Deno.test("a share holds 200 things at most, and fewer can always be chosen", () => {
  const selection = new Selection();
  const studies = Array.from({ length: 201 }, (_, index) => studyOf(String(index), 0));
  assertEquals(studies.filter((study) => !selection.toggle(study)).length, 1);
  assertEquals(selection.size, 200);
  assertEquals(selection.toggle(studies[0]), true);
});

Deno.test("people are told apart by ID and issuer, and without an ID each study is a person of its own", () => {
  const of = (/** @type {object[]} */ patients) =>
    countPatients(patients.map((patient, index) => ({
      type: "study",
      uid: String(index),
      study: { StudyInstanceUID: String(index), ...patient },
      series: null,
    })));
  assertEquals(of([{ PatientID: "7", IssuerOfPatientID: "A" }, { PatientID: "7", IssuerOfPatientID: "A" }]), 1);
  assertEquals(of([{ PatientID: "7", IssuerOfPatientID: "A" }, { PatientID: "7", IssuerOfPatientID: "B" }]), 2);
  assertEquals(of([{ PatientID: null }, { PatientID: null }]), 2);
});

Deno.test("spans are offered up to the longest that is allowed, the usual one among them", () => {
  const spans = expirySpans({ default_expiry_seconds: 2 * day, max_expiry_seconds: 7 * day });
  assertEquals(spans, [3_600, 28_800, day, 2 * day, 3 * day, 7 * day]);
  assertEquals(expirySpans({ default_expiry_seconds: 600, max_expiry_seconds: 600 }), [600]);
  useTexts("de", de);
  assertEquals([600, 28_800, day, 3 * day].map(spanText), ["10 Minuten", "8 Stunden", "1 Tag", "3 Tage"]);
});

const form = {
  expires_in_seconds: "86400",
  expires_at: "2026-11-22T15:00",
  password: "",
  max_downloads: "",
  note: "  ",
  language: "",
  policy: "strict",
  shows_patient: false,
};
const items = [{ type: /** @type {const} */ ("study"), uid: "1.2" }];

Deno.test("a new share is sent without what is at its default", () => {
  assertEquals(createRequest(form, items), { items, expires_in_seconds: day, policy: "strict", shows_patient: false });
});

Deno.test("a day and a time are sent as a moment, and a number that is none as it was typed", () => {
  const values = { ...form, expires_in_seconds: "date", max_downloads: "two", password: "secret", note: " Gruß " };
  const body = createRequest(values, items);
  assertEquals(body.expires_at, new Date(2026, 10, 22, 15).toISOString());
  assertEquals([body.max_downloads, body.password, body.note], ["two", "secret", "Gruß"]);
  assertEquals(localInput(new Date(2026, 10, 22, 15)), "2026-11-22T15:00");
});

Deno.test("a change names only what differs", () => {
  const share = /** @type {any} */ ({
    max_downloads: 3,
    note: "Gruß",
    language: "de",
    policy: "strict",
    shows_patient: false,
    has_password: true,
  });
  const same = { ...form, expires_in_seconds: "", max_downloads: "3", note: "Gruß", language: "de" };
  assertEquals(changeRequest(same, share), {});
  assertEquals(changeRequest({ ...same, max_downloads: "", language: "", removes_password: true }, share), {
    max_downloads: null,
    language: null,
    password: null,
  });
  assertEquals(changeRequest({ ...same, password: "new", removes_password: true }, share), { password: "new" });
});

Deno.test("a password is drawn evenly from characters that cannot be mistaken", () => {
  // The last eight values of a byte would favour the first letters, and are drawn again.
  const bytes = [255, 248, 0, 30, 31, ...Array.from({ length: 59 }, () => 24)];
  assertEquals(generatePassword((array) => (array.set(bytes), array)), "a9a3-3333-3333");
  for (let times = 0; times < 200; times += 1) {
    if (!/^([a-hj-km-np-z2-9]{4}-){2}[a-hj-km-np-z2-9]{4}$/.test(generatePassword())) throw new Error("another shape");
  }
});

Deno.test("a QR code is drawn run by run, four modules from the edge", () => {
  assertEquals(qrPath(["1101", "0000", "0011"]), "M4 4.5h2M7 4.5h1M6 6.5h2");
});

Deno.test("a mail brings the link and its end in the recipient's language, and never the password", () => {
  const mail = shareMail(de, "de", {
    link: "https://example.org/s/abc",
    expires_at: "2026-11-22T14:00:00Z",
    has_password: true,
    timeZone: "Europe/Berlin",
  });
  assertEquals(mail.subject, "Medizinische Aufnahmen für Sie");
  assertEquals(mail.body.split("\n\n").slice(2, 4), [
    "https://example.org/s/abc",
    "Der Link gilt bis 22. November 2026 um 15:00 MEZ.",
  ]);
  assertEquals(mailAddress({ subject: "a & b", body: "x\ny" }), "mailto:?subject=a%20%26%20b&body=x%0D%0Ay");
});
