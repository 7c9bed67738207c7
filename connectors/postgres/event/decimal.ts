// Whole numbers as decimal digits, straight into bytes.

const zero = 0x30

/** How many digits a safe integer from 0 on takes. */
export function digitCount(value: number): number {
  let count = 1
  for (let bound = 10; value >= bound; bound *= 10) count++
  return count
}

/** Writes a safe integer from 0 on at `at`, where `digitCount` bytes have room, and returns the place behind it. */
export function writeDecimal(target: Uint8Array, at: number, value: number): number {
  const end = at + digitCount(value)
  let rest = value
  for (let digit = end - 1; digit >= at; digit--) {
    const tens = rest < 0x8000_0000 ? (rest / 10) | 0 : Math.floor(rest / 10)
    target[digit] = zero + (rest - tens * 10)
    rest = tens
  }
  return end
}
