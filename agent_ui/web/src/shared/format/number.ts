// Counts and shares.
import { formatLocale } from "../i18n";

export function count(value: number, name: string = formatLocale.value): string {
  return new Intl.NumberFormat(name).format(value);
}

/** A share of 0..1 as per cent. */
export function percent(share: number, digits = 0, name: string = formatLocale.value): string {
  return new Intl.NumberFormat(name, {
    style: "percent",
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(share);
}

export function decimal(value: number, digits = 1, name: string = formatLocale.value): string {
  return new Intl.NumberFormat(name, { minimumFractionDigits: 0, maximumFractionDigits: digits }).format(value);
}
