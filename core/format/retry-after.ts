// The header Retry-After (RFC 9110, section 10.2.3): seconds, or a date.

/** How long to wait, in milliseconds from `nowMs`; undefined when the header is not there or says nothing. */
export function retryAfterOf(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1000
  const atMs = Date.parse(header)
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs)
}
