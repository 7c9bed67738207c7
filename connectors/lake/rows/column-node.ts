// The columns of a batch as a tree that values are put into: each node knows its leaves and its levels.
//
// Levels (Dremel's): a part that is null has the definition of what is around it; an empty list has one more; each
// element of a list that is there has two more, and one besides when it is not null.

import { invariant, present } from '../../../core/errors/invariant.js'
import { isNested } from '../table/column-type.js'
import type { Column, ColumnType } from '../table/column-type.js'
import type { LeafColumn } from '../table/leaf-column.js'
import type { RowBatch } from '../table/row-batch.js'

export class ColumnNode {
  readonly name: Buffer
  readonly nameView: DataView
  readonly type: ColumnType
  readonly kind: ColumnType['kind']
  /** Its place among the fields of its struct. */
  readonly index: number
  /** Of a null in its place. */
  readonly nullDefinition: number
  /** Of its own second and later elements, for lists and maps; else of whatever is around it. */
  readonly repetition: number
  readonly leaves: readonly LeafColumn[]
  /** Fields of a struct; the element of a list; the value of a map. */
  readonly children: readonly ColumnNode[]
  readonly byName: ReadonlyMap<string, ColumnNode>
  /** The struct in which it was met last. */
  met = 0

  constructor(column: Column, place: Place, leaves: readonly LeafColumn[], children: readonly ColumnNode[]) {
    this.name = Buffer.from(column.name)
    this.nameView = new DataView(this.name.buffer, this.name.byteOffset, this.name.length)
    this.type = column.type
    this.kind = column.type.kind
    this.index = place.index
    this.nullDefinition = place.definition
    this.repetition = place.repetition
    this.leaves = leaves
    this.children = children
    this.byName = new Map(children.map((child) => [child.name.toString(), child]))
  }

  /** The only leaf of a scalar. */
  get leaf(): LeafColumn {
    return this.leaves[0]!
  }

  putNull(repetition: number): void {
    for (const leaf of this.leaves) leaf.putNull(this.nullDefinition, repetition)
  }

  /** A list or map without elements. */
  putEmpty(repetition: number): void {
    for (const leaf of this.leaves) leaf.putNull(this.nullDefinition + 1, repetition)
  }
}

interface Place {
  readonly index: number
  readonly definition: number
  readonly repetition: number
}

/** A struct of all columns; its leaves are those that the batch has at the moment. */
export function columnTree(batch: RowBatch): ColumnNode {
  const leaves = batch.leaves[Symbol.iterator]()
  const type: ColumnType = { kind: 'struct', fields: batch.schema.columns }
  // What is in the table itself is null at definition 0.
  const root = makeNode({ name: '', type }, { index: 0, definition: -1, repetition: 0 }, leaves)
  invariant(leaves.next().done === true, 'a batch has more leaves than its schema')
  return root
}

function makeNode(column: Column, place: Place, leaves: Iterator<LeafColumn>): ColumnNode {
  const { type } = column
  const { definition, repetition } = place
  if (!isNested(type)) return new ColumnNode(column, place, [nextLeaf(leaves)], [])
  switch (type.kind) {
    case 'struct': {
      const children = type.fields.map((field, index) =>
        makeNode(field, { index, definition: definition + 1, repetition }, leaves),
      )
      return new ColumnNode(
        column,
        place,
        children.flatMap((child) => child.leaves),
        children,
      )
    }
    case 'list': {
      const inside = { index: 0, definition: definition + 2, repetition: repetition + 1 }
      const element = makeNode({ name: 'element', type: type.element }, inside, leaves)
      return new ColumnNode(column, { ...place, repetition: repetition + 1 }, element.leaves, [element])
    }
    case 'map': {
      const key = nextLeaf(leaves)
      const inside = { index: 0, definition: definition + 2, repetition: repetition + 1 }
      const value = makeNode({ name: 'value', type: type.value }, inside, leaves)
      return new ColumnNode(column, { ...place, repetition: repetition + 1 }, [key, ...value.leaves], [value])
    }
  }
}

function nextLeaf(leaves: Iterator<LeafColumn>): LeafColumn {
  const { value } = leaves.next() as { readonly value: LeafColumn | undefined }
  return present(value, 'a leaf for each scalar of a schema')
}
