import { describe, expect, it } from "vitest";
import { amountForField, majorText, money, parseAmount } from "../../src/shared/format/money";

const plain = (text: string) => text.replace(/[\u00a0\u202f]/g, " ");

describe("money", () => {
  it.each([
    [123_450, "EUR", "en", "€1,234.50"],
    [123_450, "EUR", "es", "1234,50 €"],
    [1_234, "JPY", "en", "¥1,234"],
    [1_234_567, "KWD", "en", "KWD 1,234.567"],
    [5, "USD", "en", "$0.05"],
    [-5, "USD", "en", "-$0.05"],
    [100, "IRR", "en", "IRR 1.00"], // ISO 4217 says two digits, whatever Intl thinks
  ])("%i %s in %s", (minor, currency, locale, text) => {
    expect(plain(money({ minor, currency }, locale))).toBe(text);
  });

  it("keeps every unit of an amount that a float would lose", () => {
    expect(majorText(9_007_199_254_740_991, "EUR")).toBe("90071992547409.91");
    expect(money({ minor: 9_007_199_254_740_991, currency: "EUR" }, "en")).toBe("€90,071,992,547,409.91");
  });
});

describe("a typed amount", () => {
  it.each([
    ["1234.5", "EUR", "en", 123_450],
    ["1,234.50", "EUR", "en", 123_450],
    [" 100 ", "EUR", "en", 10_000],
    ["1.234,50", "EUR", "es", 123_450],
    ["12,5", "EUR", "es", 1_250],
    ["1 234,50", "EUR", "fr", 123_450],
    ["1234", "JPY", "en", 1_234],
    ["1.234", "KWD", "en", 1_234],
    ["۱۲۳۴٫۵", "EUR", "fa", 123_450],
    ["0.29", "USD", "en", 29],
    ["0", "USD", "en", 0],
  ])("%j of %s in %s", (text, currency, locale, minor) => {
    expect(parseAmount(text, currency, locale)).toEqual({ minor });
  });

  it.each([
    ["", "EUR", "en", "empty"],
    ["abc", "EUR", "en", "not_a_number"],
    ["12,50", "EUR", "en", "not_a_number"], // could be 12.50 or 1,250: not guessed
    ["12.50", "EUR", "es", "not_a_number"],
    ["-5", "EUR", "en", "not_a_number"],
    ["1e5", "EUR", "en", "not_a_number"],
    ["1,2,3", "EUR", "en", "not_a_number"],
    ["1.005", "EUR", "en", "too_many_decimals"],
    ["1.5", "JPY", "en", "too_many_decimals"],
    ["99999999999999999", "EUR", "en", "too_large"],
  ])("refuses %j of %s in %s", (text, currency, locale, problem) => {
    expect(parseAmount(text, currency, locale)).toEqual({ problem });
  });

  it.each(["en", "es", "fa", "fr"])("reads back what it fills in, in %s", (locale) => {
    for (const [minor, currency] of [
      [184_250, "EUR"],
      [7, "EUR"],
      [1_234, "JPY"],
      [1_500, "KWD"],
    ] as const) {
      expect(parseAmount(amountForField(minor, currency, locale), currency, locale)).toEqual({ minor });
    }
  });
});
