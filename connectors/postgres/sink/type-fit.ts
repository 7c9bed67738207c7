// Whether values of a source's type fit a target's column, by their names as format_type prints them.

/** `widen` names the type that the column would need. */
export type Fit = { readonly fit: 'fits' | 'unfit' } | { readonly fit: 'narrow'; readonly widened: string }

const fits: Fit = { fit: 'fits' }
const unfit: Fit = { fit: 'unfit' }

/** Each holds all values of those before it. */
const integers = ['smallint', 'integer', 'bigint']
const floats = ['real', 'double precision']
const texts = ['text', 'character varying', 'character', '"char"', 'name', 'citext']
const clocks = [
  'timestamp without time zone',
  'timestamp with time zone',
  'time without time zone',
  'time with time zone',
]

type Family = 'number' | 'text' | 'boolean' | 'bytes' | 'json' | 'clock' | 'other'

interface TypeName {
  /** Without modifiers. */
  readonly base: string
  readonly modifiers: readonly number[]
}

/**
 * Decides for one column. Types that are not built in, and pairs of which only the values can say it, fit: a value that
 * does not is refused by the server and found row by row.
 */
export function fitOf(source: string, target: string): Fit {
  if (source === target) return fits
  const from = readTypeName(source)
  const to = readTypeName(target)
  if (to.base === 'text' || (isVarying(to) && to.modifiers.length === 0)) return fits
  const families = [familyOf(from.base), familyOf(to.base)] as const
  if (families[0] === 'number' && families[1] === 'number') return numberFit(from, to)
  if (families[0] === 'text' && families[1] === 'text') return textFit(from, to, source)
  if (from.base === to.base) return clockFit(from, to, source)
  if (families.includes('other') || families[0] === families[1]) return fits
  return families[0] === 'text' && (families[1] === 'json' || families[1] === 'clock') ? fits : unfit
}

function numberFit(from: TypeName, to: TypeName): Fit {
  if (to.base === 'numeric') return numericFit(from, to)
  if (from.base === 'numeric') return { fit: 'narrow', widened: 'numeric' }
  for (const order of [integers, floats]) {
    if (!order.includes(from.base) || !order.includes(to.base)) continue
    return order.indexOf(from.base) <= order.indexOf(to.base) ? fits : { fit: 'narrow', widened: from.base }
  }
  if (floats.includes(from.base)) return unfit
  // The mantissa of a double holds every int4, that of a real every int2.
  const widest = to.base === 'real' ? 'smallint' : 'integer'
  return integers.indexOf(from.base) <= integers.indexOf(widest) ? fits : { fit: 'narrow', widened: 'numeric' }
}

function numericFit(from: TypeName, to: TypeName): Fit {
  const [precision, scale = 0] = to.modifiers
  if (precision === undefined) return fits
  const digits = from.base === 'numeric' ? from.modifiers[0] : integerDigits[from.base]
  if (digits === undefined) return { fit: 'narrow', widened: 'numeric' }
  const fromScale = from.base === 'numeric' ? (from.modifiers[1] ?? 0) : 0
  const neededScale = Math.max(scale, fromScale)
  const neededDigits = Math.max(precision - scale, digits - fromScale)
  if (neededScale === scale && neededDigits === precision - scale) return fits
  return { fit: 'narrow', widened: `numeric(${neededDigits + neededScale},${neededScale})` }
}

const integerDigits: Readonly<Record<string, number>> = { smallint: 5, integer: 10, bigint: 19 }

function textFit(from: TypeName, to: TypeName, source: string): Fit {
  if (to.modifiers[0] === undefined) return fits
  if (from.modifiers[0] === undefined) return { fit: 'narrow', widened: 'text' }
  return from.modifiers[0] <= to.modifiers[0] ? fits : { fit: 'narrow', widened: source }
}

/** The same type with other modifiers: digits of seconds, as far as it is one that has them. */
function clockFit(from: TypeName, to: TypeName, source: string): Fit {
  if (!clocks.includes(from.base) || to.modifiers[0] === undefined) return fits
  return (from.modifiers[0] ?? 6) <= to.modifiers[0] ? fits : { fit: 'narrow', widened: source }
}

function familyOf(base: string): Family {
  if (base === 'numeric' || integers.includes(base) || floats.includes(base)) return 'number'
  if (texts.includes(base)) return 'text'
  if (clocks.includes(base) || base === 'date') return 'clock'
  if (base === 'boolean') return 'boolean'
  if (base === 'bytea') return 'bytes'
  return base === 'json' || base === 'jsonb' ? 'json' : 'other'
}

/** `timestamp(3) with time zone`, `numeric(10,2)`, `character varying(20)`. */
function readTypeName(name: string): TypeName {
  const match = /^(.*?)\(([0-9, -]+)\)(.*)$/.exec(name)
  if (match === null) return { base: name, modifiers: [] }
  const [, before, inside, after] = match
  return { base: `${before}${after}`, modifiers: inside!.split(',').map(Number) }
}

function isVarying({ base }: TypeName): boolean {
  return base === 'character varying'
}
