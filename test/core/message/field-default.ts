// What a decoder gives for a field that the version lacks.

import type { Field } from '../../../core/message/declare.js'

export function defaultOf(field: Field): unknown {
  if (field.default !== undefined) return field.default
  const { kind } = field.type
  if (kind === 'array') return []
  if (kind === 'bool') return false
  if (kind === 'string') return ''
  if (kind === 'uuid') return '00000000-0000-0000-0000-000000000000'
  return kind === 'bytes' || kind === 'records' || kind === 'recordChunks' ? Buffer.alloc(0) : 0
}
