// The leaves of a schema: where values stand, and how many levels say what is null and what repeats.
//
// Definition: a column, field, element or value of a map adds one when it is there; the entries of a list and of a map
// add one more. Repetition: one for each list or map around the leaf. (Parquet, after the Dremel paper.)

import { invariant, present } from '../../../core/errors/invariant.js'
import type { Column, ColumnType, ScalarType, TableSchema } from './column-type.js'

export interface Level {
  readonly definition: number
  readonly repetition: number
}

export interface LeafShape {
  readonly type: ScalarType
  /** Names from the column down, with `list`, `element`, `key_value`, `key` and `value` between them. */
  readonly path: readonly string[]
  /** For each name of the path, what the levels are where that part is there. */
  readonly levels: readonly Level[]
  /** The definition of a value that is there. */
  readonly maxDefinition: number
  /** How many lists and maps are around it; 0 for none. */
  readonly maxRepetition: number
}

/** A level is remembered in a byte. */
const mostDefinition = 255

/** All leaves, depth first. A struct without fields, or more than 255 levels, is a broken assumption. */
export function leafShapes(schema: TableSchema): readonly LeafShape[] {
  const shapes: LeafShape[] = []
  addFields(shapes, schema.columns, { path: [], levels: [] })
  return shapes
}

type Place = Pick<LeafShape, 'path' | 'levels'>

function addFields(shapes: LeafShape[], fields: readonly Column[], parent: Place): void {
  for (const { name, type } of fields) addColumn(shapes, type, below(parent, name, { definition: 1, repetition: 0 }))
}

function addColumn(shapes: LeafShape[], type: ColumnType, place: Place): void {
  if (type.kind === 'struct') {
    invariant(type.fields.length > 0, `the struct ${place.path.join('.')} has no fields`)
    addFields(shapes, type.fields, place)
  } else if (type.kind === 'list') {
    const entry = below(place, 'list', { definition: 1, repetition: 1 })
    addColumn(shapes, type.element, below(entry, 'element', { definition: 1, repetition: 0 }))
  } else if (type.kind === 'map') {
    const entry = below(place, 'key_value', { definition: 1, repetition: 1 })
    addLeaf(shapes, { kind: 'string' }, below(entry, 'key', { definition: 0, repetition: 0 }))
    addColumn(shapes, type.value, below(entry, 'value', { definition: 1, repetition: 0 }))
  } else {
    addLeaf(shapes, type, place)
  }
}

function addLeaf(shapes: LeafShape[], type: ScalarType, place: Place): void {
  const { definition, repetition } = present(place.levels.at(-1), 'the levels of a leaf')
  invariant(definition <= mostDefinition, `${place.path.join('.')} lies ${definition} levels deep`)
  shapes.push({ type, ...place, maxDefinition: definition, maxRepetition: repetition })
}

/** The part of that name within `place`, with what it adds to the levels. */
function below(place: Place, name: string, added: Level): Place {
  const { definition, repetition } = place.levels.at(-1) ?? { definition: 0, repetition: 0 }
  const level = { definition: definition + added.definition, repetition: repetition + added.repetition }
  return { path: [...place.path, name], levels: [...place.levels, level] }
}
