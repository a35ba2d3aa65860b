import { afterEach, describe, expect, it } from "vitest";
import { setLocale, t, word } from "../../src/shared/i18n";
import en from "../../src/shared/i18n/en.json";
import es from "../../src/shared/i18n/es.json";
import fa from "../../src/shared/i18n/fa.json";

type Catalog = Record<string, string | Record<string, string>>;
const blanks = (message: string) => [...message.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort();
const forms = (message: string | Record<string, string> | undefined) =>
  typeof message === "string" ? [message] : Object.values(message ?? {});

afterEach(() => setLocale("en"));

describe.each([
  ["es", es as Catalog],
  ["fa", fa as Catalog],
])("the messages in %s", (name, catalog) => {
  it("are all there, and none too many", () => {
    expect(Object.keys(catalog).sort()).toEqual(Object.keys(en).sort());
  });
  it("have the blanks of the English ones", () => {
    for (const [key, message] of Object.entries(en as Catalog)) {
      const expected = new Set(forms(message).flatMap(blanks));
      for (const form of forms(catalog[key])) expect(new Set(blanks(form)), `${name} ${key}`).toEqual(expected);
    }
  });
  it("have a form for every plural of the language", () => {
    const categories = new Intl.PluralRules(name).resolvedOptions().pluralCategories.filter((one) => one !== "many");
    for (const [key, message] of Object.entries(catalog)) {
      if (typeof message !== "string") expect(Object.keys(message), key).toEqual(expect.arrayContaining(categories));
    }
  });
});

describe("a message", () => {
  it("takes the plural of its number", () => {
    expect(t("file.days", { n: 1 })).toBe("1 day");
    expect(t("file.days", { n: 12 })).toBe("12 days");
  });
  it("turns the page round for a right-to-left language, digits included", async () => {
    await setLocale("fa");
    expect(document.documentElement.dir).toBe("rtl");
    expect(t("file.days", { n: 12 })).toContain("۱۲");
    await setLocale("es");
    expect(document.documentElement.dir).toBe("ltr");
  });
  it("for a code that is unknown is the server's label, or the code made readable", () => {
    expect(word("disposition", "odd_case", "An odd case")).toBe("An odd case");
    expect(word("pause", "back_office")).toBe("Back office");
  });
});
