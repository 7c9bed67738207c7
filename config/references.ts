// Secrets: `{"$env": "NAME"}` and `{"$file": "PATH"}`, replaced by a Secret. A missing one is a problem at its place.
//
// The schema admits such an object only where a field is declared secret, so every one that is found is one.

import { dirname, resolve } from 'node:path'
import { messageOf } from '../core/errors/tailrace-error.js'
import { Secret } from '../core/connector/secret.js'

/** Where the values behind references come from. */
export interface SecretReader {
  /** An environment variable. */
  variable(name: string): string | undefined
  /** A whole file; rejects when it cannot be read. */
  readFile(path: string): Promise<Buffer>
}

/** A reference that leads nowhere. */
export interface MissingSecret {
  readonly path: readonly string[]
  readonly message: string
}

interface Resolving {
  readonly baseDirectory: string
  readonly reader: SecretReader
  readonly missing: MissingSecret[]
}

/**
 * The value with every reference replaced by its Secret, and what is missing. Paths of `$file` start at the folder of
 * the pipeline file; one line end at the end of the file is not part of the secret.
 */
export async function resolveReferences(
  value: unknown,
  pipelineFile: string,
  reader: SecretReader,
): Promise<{ readonly value: unknown; readonly missing: readonly MissingSecret[] }> {
  const resolving: Resolving = { baseDirectory: dirname(pipelineFile), reader, missing: [] }
  return { value: await resolveValue(value, [], resolving), missing: resolving.missing }
}

async function resolveValue(value: unknown, path: readonly string[], resolving: Resolving): Promise<unknown> {
  if (Array.isArray(value)) {
    return Promise.all(value.map((item, index) => resolveValue(item, [...path, String(index)], resolving)))
  }
  if (typeof value !== 'object' || value === null) return value
  const reference = referenceOf(value)
  if (reference !== undefined) return resolveReference(reference, path, resolving)
  const entries = Object.entries(value).map(
    async ([key, inner]) => [key, await resolveValue(inner, [...path, key], resolving)] as const,
  )
  return Object.fromEntries(await Promise.all(entries))
}

interface Reference {
  readonly kind: '$env' | '$file'
  readonly target: string
}

/** The reference that an object is; undefined for any other value. */
function referenceOf(value: object): Reference | undefined {
  const entries = Object.entries(value)
  const [kind, target] = entries[0] ?? []
  const named = entries.length === 1 && (kind === '$env' || kind === '$file') && typeof target === 'string'
  return named ? { kind, target } : undefined
}

/** The value with every reference replaced by a Secret that holds the reference's own text: to compare, not to use. */
export function withUnresolvedReferences(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withUnresolvedReferences)
  if (typeof value !== 'object' || value === null) return value
  const reference = referenceOf(value)
  if (reference !== undefined) return new Secret(`${reference.kind} ${reference.target}`)
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withUnresolvedReferences(inner)]))
}

async function resolveReference(reference: Reference, path: readonly string[], resolving: Resolving): Promise<unknown> {
  const { reader, missing, baseDirectory } = resolving
  if (reference.kind === '$env') {
    const text = reader.variable(reference.target)
    if (text !== undefined && text !== '') return new Secret(text)
    const state = text === undefined ? 'not set' : 'empty'
    missing.push({ path, message: `the environment variable ${reference.target} is ${state}` })
    return undefined
  }
  try {
    const bytes = await reader.readFile(resolve(baseDirectory, reference.target))
    const text = bytes.toString('utf8').replace(/\r?\n$/, '')
    if (text !== '') return new Secret(text)
    missing.push({ path, message: `the secret file ${reference.target} is empty` })
  } catch (error) {
    missing.push({ path, message: `the secret file cannot be read: ${messageOf(error)}` })
  }
  return undefined
}
