// One copy between byte arrays, for hot paths.

/** Below this a loop beats the call into native code (measured: even at 32 bytes). */
const nativeFromBytes = 32

/**
 * Copies `source` from `start` up to `end` into `target` at `at` and returns the place behind it. The caller has made
 * room. The ranges must not overlap.
 */
// oxlint-disable-next-line max-params -- the five of Buffer's copy: an object per call would cost more than the call
export function copyBytes(target: Uint8Array, at: number, source: Uint8Array, start: number, end: number): number {
  const length = end - start
  if (length >= nativeFromBytes) {
    // Buffer's own copy takes a range without a view per call, of any Uint8Array.
    Buffer.prototype.copy.call(source, target, at, start, end)
    return at + length
  }
  for (let from = start; from < end; from++) target[at++] = source[from]!
  return at
}
