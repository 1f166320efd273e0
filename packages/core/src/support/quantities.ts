/** `1 file`, `2,000 files` */
export function counted(count: number, noun: string): string {
  return `${count.toLocaleString("en-US")} ${noun}${count === 1 ? "" : "s"}`;
}

/** `0.5 MB`, `1,234 MB`: with a digit after the point where it tells something. */
export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toLocaleString("en-US", { maximumFractionDigits: bytes < 100e6 ? 1 : 0 })} MB`;
}
