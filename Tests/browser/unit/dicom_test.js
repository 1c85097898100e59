/// <reference lib="deno.ns" />
import { ageText, dayText, parseDay, personName, timeText } from "../../../web/js/lib/dicom.js";
import { useTexts } from "../../../web/js/lib/i18n.js";
import { assertEquals } from "./support.js";

Deno.test("a person's name reads as family name, given names, then titles", () => {
  for (
    const [written, name] of [
      ["Doe^John", "Doe, John"],
      ["Doe^John^Paul^Dr.^PhD", "Doe, John Paul, Dr., PhD"],
      ["van der Berg^Anna", "van der Berg, Anna"],
      ["Doe", "Doe"],
      ["Doe^^^Dr.", "Doe, Dr."],
      ["^John", "John"],
      [" Doe ^ John ", "Doe, John"],
    ]
  ) assertEquals(personName(written), { name, ideographic: "", phonetic: "" });
});

Deno.test("a person's name keeps its ideographic and phonetic writing", () => {
  assertEquals(personName("Yamada^Tarou=山田^太郎=やまだ^たろう"), {
    name: "Yamada, Tarou",
    ideographic: "山田 太郎",
    phonetic: "やまだ たろう",
  });
});

Deno.test("a name without Latin letters is shown in the writing it has", () => {
  assertEquals(personName("=山田^太郎=やまだ^たろう"), {
    name: "山田 太郎",
    ideographic: "",
    phonetic: "やまだ たろう",
  });
});

Deno.test("an empty name is none", () => {
  for (const value of [null, undefined, "", "^^^", "=="]) assertEquals(personName(value), null);
});

Deno.test("a day is read in both of its writings, and only if it exists", () => {
  assertEquals(parseDay("20240229"), { year: 2024, month: 2, day: 29 });
  assertEquals(parseDay("1998.12.31"), { year: 1998, month: 12, day: 31 });
  for (const value of ["20230229", "20241301", "2024", "yesterday", "", null]) assertEquals(parseDay(value), null);
});

Deno.test("a day is written in the person's way, and what is no day as it came", () => {
  useTexts("de", {}, "de-DE");
  assertEquals(dayText("20240131"), "31.01.2024");
  assertEquals(dayText("00000000"), "00000000");
  useTexts("en", {}, "en-US");
  assertEquals(dayText("20240131"), "01/31/2024");
  assertEquals(dayText("20240131", "long"), "January 31, 2024");
});

Deno.test("a time of day is hours and minutes", () => {
  assertEquals(["091407.123", "09:14:07", "2359", "9", "256000", null].map(timeText), [
    "09:14",
    "09:14",
    "23:59",
    "",
    "",
    "",
  ]);
});

Deno.test("an age is given in years, of small children in months, of the newborn in days", () => {
  useTexts("en", {}, "en-GB");
  assertEquals(ageText("19560314", "20240313"), "67y");
  assertEquals(ageText("19560314", "20240314"), "68y");
  assertEquals(ageText("20230110", "20240709"), "17m");
  assertEquals(ageText("20240701", "20240709"), "8d");
  assertEquals(ageText("20240710", "20240709"), "");
  assertEquals(ageText(null, "20240709"), "");
});
