import type { Wording } from "./wording.ts";

const byteUnits = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;

/** `1234` → `1,234` */
export function formatCount(count: number, { locale }: Wording): string {
  return new Intl.NumberFormat(locale).format(count);
}

/** Decimal units, three digits at most: `14200000` → `14.2 MB` */
export function formatBytes(bytes: number, { locale }: Wording): string {
  let value = bytes;
  let unit = 0;
  // 999.5 would be rounded to 1000 of the same unit.
  while (value >= 999.5 && unit < byteUnits.length - 1) {
    value /= 1000;
    unit++;
  }
  return new Intl.NumberFormat(locale, {
    style: "unit",
    unit: byteUnits[unit] ?? "byte",
    unitDisplay: unit === 0 ? "long" : "short",
    maximumFractionDigits: unit === 0 || value >= 99.95 ? 0 : 1,
  }).format(value);
}

/** `0.43` → `43%`. Neither all nor nothing is said of what is only nearly so. */
export function formatShare(share: number, { locale }: Wording): string {
  const rounded = Math.round(share * 100) / 100;
  const shown = share > 0 && rounded === 0 ? 0.01 : share < 1 && rounded === 1 ? 0.99 : rounded;
  return new Intl.NumberFormat(locale, { style: "percent" }).format(shown);
}

const ageUnits = [
  { unit: "minute", seconds: 60 },
  { unit: "hour", seconds: 3_600 },
  { unit: "day", seconds: 86_400 },
  { unit: "month", seconds: 86_400 * 30 },
  { unit: "year", seconds: 86_400 * 365 },
] as const;

/** How long ago: `just now`, `5 minutes ago`, `yesterday`. A time that is still to come, of another clock, is now. */
export function formatAge(at: Date, now: Date, { l10n, locale }: Wording): string {
  const seconds = (now.getTime() - at.getTime()) / 1000;
  const largest = ageUnits.findLast((age) => seconds >= age.seconds);
  if (largest === undefined) return l10n.t("just now");
  const count = Math.floor(seconds / largest.seconds);
  return new Intl.RelativeTimeFormat(locale, { numeric: "auto" }).format(-count, largest.unit);
}

/** `420` → `0.4 sec`, `12345` → `12.3 sec`, `125000` → `2 min 5 sec`, `7500000` → `2 hr 5 min` */
export function formatDuration(milliseconds: number, { locale }: Wording): string {
  const inUnit = (value: number, unit: "second" | "minute" | "hour", digits = 0) =>
    new Intl.NumberFormat(locale, {
      style: "unit",
      unit,
      unitDisplay: "short",
      maximumFractionDigits: digits,
    }).format(value);
  if (milliseconds < 59_950) return inUnit(milliseconds / 1000, "second", 1);
  const seconds = Math.round(milliseconds / 1000);
  const minutes = Math.round(seconds / 60);
  if (seconds < 3_600) return `${inUnit(Math.floor(seconds / 60), "minute")} ${inUnit(seconds % 60, "second")}`;
  return `${inUnit(Math.floor(minutes / 60), "hour")} ${inUnit(minutes % 60, "minute")}`;
}

/** Day and time of day, in the time zone of the computer. */
export function formatTime(at: Date, { locale }: Wording): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" }).format(at);
}
