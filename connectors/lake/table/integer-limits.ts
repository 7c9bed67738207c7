// Which integers a type takes: for the columns whose values are counted or scaled.

import { present } from '../../../core/errors/invariant.js'
import type { ScalarType } from './column-type.js'
import { mostDecimalDigits } from './value-layout.js'

const microsecondsOfDay = 86_400_000_000n
const int64End = 2n ** 63n

export class IntegerLimits {
  /** As numbers, within the safe integers; none is allowed where the type takes no integers of this kind. */
  readonly #least: number
  readonly #most: number
  readonly #leastBig: bigint
  readonly #mostBig: bigint

  constructor(type: ScalarType) {
    const [least, most] = limitsOf(type)
    this.#leastBig = least
    this.#mostBig = most
    this.#least = Math.max(Number(least), Number.MIN_SAFE_INTEGER)
    this.#most = Math.min(Number(most), Number.MAX_SAFE_INTEGER)
  }

  allow(value: number): boolean {
    return value >= this.#least && value <= this.#most && Math.floor(value) === value
  }

  allowBig(value: bigint): boolean {
    return value >= this.#leastBig && value <= this.#mostBig
  }
}

function limitsOf(type: ScalarType): readonly [least: bigint, most: bigint] {
  if (type.kind === 'int64' || type.kind === 'timestamp') return [-int64End, int64End - 1n]
  if (type.kind === 'time') return [0n, microsecondsOfDay - 1n]
  if (type.kind !== 'decimal') return [1n, 0n]
  const end = present(powerOfTen(type.precision), `a decimal of ${type.precision} digits`)
  return [1n - end, end - 1n]
}

function powerOfTen(digits: number): bigint | undefined {
  const isWithin = Number.isInteger(digits) && digits >= 1 && digits <= mostDecimalDigits
  return isWithin ? 10n ** BigInt(digits) : undefined
}
