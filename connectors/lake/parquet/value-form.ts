// How the values of a column go into pages: the first ones as numbers of a dictionary, the rest plain; either may be none.

import type { LeafColumn } from '../table/leaf-column.js'
import { PlainValues } from '../table/plain-values.js'
import { bitWidthOf } from './hybrid.js'
import { numberDictionary } from './number-dictionary.js'

export interface Dictionary {
  readonly values: PlainValues
  readonly count: number
}

export interface ValueForm {
  /** Undefined when no value is numbered. */
  readonly dictionary: Dictionary | undefined
  readonly numbers: Uint16Array
  /** Of the numbers. */
  readonly bitWidth: number
  /** What is not numbered. */
  readonly plain: PlainValues
}

/** For a leaf that has been settled; it may share the leaf's memory. */
export function valueForm(leaf: LeafColumn): ValueForm {
  const { plain, dictionary, numbers } = leaf
  if (dictionary !== undefined && numbers.length > 0) return numbered(dictionary, numbers, plain)
  const made = dictionaryOfNumbers(leaf)
  if (made !== undefined) return numbered(made, made.numbers, new PlainValues())
  return { dictionary: undefined, numbers, bitWidth: 0, plain }
}

function numbered(dictionary: Dictionary, numbers: Uint16Array, plain: PlainValues): ValueForm {
  return { dictionary, numbers, bitWidth: bitWidthOf(dictionary.count - 1), plain }
}

function dictionaryOfNumbers({ plain, layout, valueCount }: LeafColumn): ReturnType<typeof numberDictionary> {
  const isNumber = layout.widthBytes === 4 || layout.widthBytes === 8
  return isNumber && valueCount > 0 ? numberDictionary(plain, layout.widthBytes) : undefined
}
