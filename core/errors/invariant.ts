// Broken assumptions. An invariant that fails stops the component that holds it: going on would risk data.

export class InvariantError extends Error {
  override readonly name = 'InvariantError'
}

/** Throws an InvariantError unless the condition holds; the message says which assumption broke, with its numbers. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InvariantError(message)
}

/** The value, or an InvariantError when it is undefined or null. */
export function present<T>(value: T | undefined | null, what: string): T {
  if (value === undefined || value === null) throw new InvariantError(`missing: ${what}`)
  return value
}
