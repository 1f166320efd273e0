/** The one date format that senders may use (RFC 9110, section 5.6.7). */
const httpDate = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/**
 * Milliseconds that a `Retry-After` header asks to wait (RFC 9110, section 10.2.3), from 0 to `Infinity`; undefined if
 * there is none or it says nothing that can be understood. Fractions of seconds are no standard, but sent.
 *
 * @param date the answer's `Date` header, against which a date is counted: the clocks of two machines differ.
 * @param now milliseconds since 1970, for an answer without a date.
 */
export function parseRetryAfter(value: string | null, date: string | null, now: number): number | undefined {
  const text = value?.trim() ?? "";
  if (/^\d+(?:\.\d+)?$/.test(text)) return Number(text) * 1_000;
  const until = parseHttpDate(text);
  return until === undefined ? undefined : Math.max(0, until - (parseHttpDate(date ?? "") ?? now));
}

function parseHttpDate(text: string): number | undefined {
  const time = httpDate.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}
