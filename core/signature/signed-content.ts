// What a signature is made over, as a template of `{body}`, `{timestamp}` and `{id}`: `{timestamp}.{body}`. Pure.

export interface SignedParts {
  readonly id: string
  /** Whole seconds since the epoch. */
  readonly timestamp: string
  readonly body: Uint8Array
}

type PartName = keyof SignedParts

const partNames = /\{(body|timestamp|id)\}/g

/** The content by a template, in pieces one behind the other. */
export function contentBy(template: string): (parts: SignedParts) => readonly (string | Uint8Array)[] {
  // Texts stand at even places, names of parts at odd ones.
  const pieces = template.split(partNames)
  return (parts) => pieces.map((piece, place) => (place % 2 === 0 ? piece : parts[piece as PartName]))
}

/** How often each part stands in a template. */
export function countParts(template: string): Readonly<Record<PartName, number>> {
  const counts = { body: 0, timestamp: 0, id: 0 }
  for (const [, name] of template.matchAll(partNames)) counts[name as PartName]++
  return counts
}
