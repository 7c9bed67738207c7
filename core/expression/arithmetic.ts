// Arithmetic on numbers that are exact as long as they are integers: where two integers do not fit into a double's 53
// bits, the result is worked out again with bigints. A quotient that is no integer is a decimal, 7 / 2 is 3.5: 7 may
// have been 7.0 in the JSON.

import { overBudget, spend } from './budget.js'
import { Duration, failed, mostCharacters, mostElements, Timestamp, typeOf, type Value } from './value.js'

/** Beyond the largest double nothing is a number any more, exact or not. */
const limit = 2n ** 1023n
const latestMs = 8.64e15

type Whole = (left: bigint, right: bigint) => bigint
type Decimal = (left: number, right: number) => number

const plus: Whole = (left, right) => left + right
const plusDecimal: Decimal = (left, right) => left + right
const minus: Whole = (left, right) => left - right
const minusDecimal: Decimal = (left, right) => left - right
const product: Whole = (left, right) => left * right
const productDecimal: Decimal = (left, right) => left * right

/** A bigint that fits becomes a plain number, so that each integer has one form. */
export function normal(value: bigint): number | bigint {
  if (value >= limit || value <= -limit) throw failed('the number is too large')
  return value >= -9007199254740991n && value <= 9007199254740991n ? Number(value) : value
}

export function add(left: Value, right: Value): Value {
  if (typeof left === 'number' && typeof right === 'number') {
    const sum = left + right
    return Number.isSafeInteger(sum) || !areWhole(left, right) ? sum : exact(left, right, plus)
  }
  if (typeof left === 'string' && typeof right === 'string') {
    if (left.length + right.length > mostCharacters) throw overBudget(`a text beyond ${mostCharacters} characters`)
    return left + right
  }
  if (Array.isArray(left) && Array.isArray(right)) {
    if (left.length + right.length > mostElements) throw overBudget(`a list beyond ${mostElements} elements`)
    spend(left.length + right.length)
    return [...left, ...right]
  }
  if (left instanceof Timestamp && right instanceof Duration) return timestampAt(left.ms + right.ms)
  if (left instanceof Duration && right instanceof Timestamp) return timestampAt(left.ms + right.ms)
  if (left instanceof Duration && right instanceof Duration) return new Duration(left.ms + right.ms)
  return numeric('+', left, right, { whole: plus, decimal: plusDecimal })
}

export function subtract(left: Value, right: Value): Value {
  if (typeof left === 'number' && typeof right === 'number') {
    const difference = left - right
    return Number.isSafeInteger(difference) || !areWhole(left, right) ? difference : exact(left, right, minus)
  }
  if (left instanceof Timestamp && right instanceof Timestamp) return new Duration(left.ms - right.ms)
  if (left instanceof Timestamp && right instanceof Duration) return timestampAt(left.ms - right.ms)
  if (left instanceof Duration && right instanceof Duration) return new Duration(left.ms - right.ms)
  return numeric('-', left, right, { whole: minus, decimal: minusDecimal })
}

export function multiply(left: Value, right: Value): Value {
  if (typeof left === 'number' && typeof right === 'number') {
    const result = left * right
    return Number.isSafeInteger(result) || !areWhole(left, right) ? result : exact(left, right, product)
  }
  return numeric('*', left, right, { whole: product, decimal: productDecimal })
}

/** Exact when it comes out even. Errors: expression_failed for a division by zero. */
export function divide(left: Value, right: Value): Value {
  if (right === 0) throw failed('division by zero')
  if (typeof left === 'number' && typeof right === 'number') return left / right
  if (isWhole(left) && isWhole(right) && BigInt(left) % BigInt(right) === 0n)
    return normal(BigInt(left) / BigInt(right))
  return numeric('/', left, right, { whole: undefined, decimal: (a, b) => a / b })
}

/** Of integers only, with the sign of the left one. */
export function remainder(left: Value, right: Value): Value {
  if (right === 0) throw failed('division by zero')
  if (!isWhole(left) || !isWhole(right)) throw wrongTypes('%', left, right)
  return normal(BigInt(left) % BigInt(right))
}

export function negate(value: Value): Value {
  if (typeof value === 'number') return -value
  if (typeof value === 'bigint') return normal(-value)
  if (value instanceof Duration) return new Duration(-value.ms)
  throw failed(`"-" does not take ${typeOf(value)}`)
}

/** Errors: expression_failed beyond what a date can hold. */
export function timestampAt(ms: number): Timestamp {
  if (!(Math.abs(ms) <= latestMs)) throw failed('the time is out of range')
  return new Timestamp(Math.floor(ms))
}

export function isWhole(value: Value): value is number | bigint {
  return typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value))
}

function numeric(
  operator: string,
  left: Value,
  right: Value,
  { whole, decimal }: { readonly whole: Whole | undefined; readonly decimal: Decimal },
): Value {
  if (whole !== undefined && isWhole(left) && isWhole(right)) return normal(whole(BigInt(left), BigInt(right)))
  const [leftType, rightType] = [typeOf(left), typeOf(right)]
  if (leftType !== 'number' || rightType !== 'number') throw wrongTypes(operator, left, right)
  return decimal(Number(left), Number(right))
}

function exact(left: number, right: number, whole: Whole): Value {
  return normal(whole(BigInt(left), BigInt(right)))
}

function areWhole(left: number, right: number): boolean {
  return Number.isInteger(left) && Number.isInteger(right)
}

function wrongTypes(operator: string, left: Value, right: Value): Error {
  return failed(`"${operator}" does not take ${typeOf(left)} and ${typeOf(right)}`)
}
