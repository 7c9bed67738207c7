// Puts parsed records into columns that hold them. byte-shredder.ts does the same from bytes, for what is usual.

import type { JsonObject, JsonValue } from '../../../core/format/parsed.js'
import { isNested } from '../table/column-type.js'
import type { ColumnNode } from './column-node.js'
import { putScalar, scalarOf } from './scalar-value.js'

/** The record, which the columns hold (`widenSchema`), as a row that has not ended yet. */
export function shredRecord(root: ColumnNode, record: JsonObject): void {
  for (const child of root.children) {
    const value = record[child.name.toString()]
    // What gets nothing is null in this row.
    if (value !== undefined && value !== null) putValue(child, value, 0)
  }
}

function putValue(node: ColumnNode, value: JsonValue, repetition: number): void {
  if (value === null) {
    node.putNull(repetition)
    return
  }
  const { type } = node
  if (!isNested(type)) {
    const scalar = scalarOf(type, value)
    // What says nothing fits every column.
    if (scalar === undefined) node.putNull(repetition)
    else putScalar(node.leaf, scalar, repetition)
    return
  }
  if (Array.isArray(value) !== (type.kind === 'list')) {
    node.putNull(repetition)
    return
  }
  switch (type.kind) {
    case 'struct':
      for (const child of node.children) {
        putValue(child, (value as JsonObject)[child.name.toString()] ?? null, repetition)
      }
      return
    case 'list':
      putElements(node, value as readonly JsonValue[], repetition)
      return
    case 'map':
      putEntries(node, value as JsonObject, repetition)
  }
}

function putElements(node: ColumnNode, elements: readonly JsonValue[], repetition: number): void {
  if (elements.length === 0) node.putEmpty(repetition)
  for (const [index, element] of elements.entries()) {
    putValue(node.children[0]!, element, index === 0 ? repetition : node.repetition)
  }
}

function putEntries(node: ColumnNode, entries: JsonObject, repetition: number): void {
  const names = Object.keys(entries)
  if (names.length === 0) node.putEmpty(repetition)
  for (const [index, name] of names.entries()) {
    const level = index === 0 ? repetition : node.repetition
    putScalar(node.leaf, Buffer.from(name), level)
    putValue(node.children[0]!, entries[name]!, level)
  }
}
