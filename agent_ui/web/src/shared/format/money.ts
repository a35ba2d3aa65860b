// Money as people read and type it. Amounts are integer minor units everywhere else.
import type { Money } from "../../protocol";
import { formatLocale } from "../i18n";

// ISO 4217's exponents. Intl has its own idea of some of them (IRR, IQD, …), so it is always told.
const EXPONENT: Record<string, number> = {};
for (const code of "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(" ")) EXPONENT[code] = 0;
for (const code of "BHD IQD JOD KWD LYD OMR TND".split(" ")) EXPONENT[code] = 3;
for (const code of ["CLF", "UYW"]) EXPONENT[code] = 4;

export function exponentOf(currency: string): number {
  return EXPONENT[currency] ?? 2;
}

/** "1234.50" for 123450 EUR: exact, never through a float. */
export function majorText(minor: number, currency: string): string {
  const exponent = exponentOf(currency);
  const sign = minor < 0 ? "-" : "";
  const digits = Math.abs(minor)
    .toString()
    .padStart(exponent + 1, "0");
  if (exponent === 0) return sign + digits;
  return `${sign}${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`;
}

const formatters = new Map<string, Intl.NumberFormat>();

function formatter(currency: string, name: string): Intl.NumberFormat {
  const key = `${name} ${currency}`;
  let found = formatters.get(key);
  if (!found) {
    const digits = exponentOf(currency);
    found = new Intl.NumberFormat(name, {
      style: "currency",
      currency,
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    });
    formatters.set(key, found);
  }
  return found;
}

export function money(amount: Money, name: string = formatLocale.value): string {
  return formatter(amount.currency, name).format(majorText(amount.minor, amount.currency) as `${number}`);
}

export type AmountProblem = "empty" | "not_a_number" | "too_many_decimals" | "too_large";

function plainDigits(text: string): string {
  return text
    .replace(/[\u06f0-\u06f9]/g, (digit) => String(digit.charCodeAt(0) - 0x06f0))
    .replace(/[\u0660-\u0669]/g, (digit) => String(digit.charCodeAt(0) - 0x0660))
    .replaceAll("\u066b", ".")
    .replaceAll("\u066c", "");
}

/** Reads an amount in major units as typed in `name`'s habit. A separator that could mean either thing is refused, not guessed. */
export function parseAmount(
  text: string,
  currency: string,
  name: string = formatLocale.value,
): { minor: number } | { problem: AmountProblem } {
  const plain = plainDigits(text.trim());
  if (plain === "") return { problem: "empty" };
  const parts = new Intl.NumberFormat(name, { numberingSystem: "latn" }).formatToParts(12345.6);
  const group = parts.find((part) => part.type === "group")?.value ?? ",";
  const point = parts.find((part) => part.type === "decimal")?.value ?? ".";
  const decimal = plain.includes(point) || group === "." ? point : ".";
  const escaped = (char: string) => char.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const grouped = new RegExp(`^\\d{1,3}([\\s\\u00a0\\u202f'${escaped(group)}]\\d{3})+(${escaped(decimal)}\\d+)?$`);
  const bare = new RegExp(`^\\d+(${escaped(decimal)}\\d+)?$`);
  if (!grouped.test(plain) && !bare.test(plain)) return { problem: "not_a_number" };
  const [whole = "0", fraction = ""] = plain.split(decimal);
  const exponent = exponentOf(currency);
  if (fraction.length > exponent) return { problem: "too_many_decimals" };
  const minor = Number(whole.replace(/\D/g, "") + fraction.padEnd(exponent, "0"));
  return Number.isSafeInteger(minor) ? { minor } : { problem: "too_large" };
}

/** What a field is filled with, in the same habit that `parseAmount` reads. */
export function amountForField(minor: number, currency: string, name: string = formatLocale.value): string {
  const digits = exponentOf(currency);
  return new Intl.NumberFormat(name, {
    numberingSystem: "latn",
    useGrouping: false,
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(majorText(minor, currency) as `${number}`);
}
