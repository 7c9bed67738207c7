// Nothing may feed itself through the file system: a sink that writes into what a source reads would fill the disk
// with its own output, and what reads or writes the data directory would destroy the log. Connectors say what they
// touch (`footprint`); whose directory lies in whose is decided here.

import { sep } from 'node:path'
import type { Footprint } from '../core/connector/declaration.js'
import { problemAtKey, type CheckInputs } from './check-inputs.js'
import type { Draft, DraftEdge } from './draft.js'
import type { Problem } from './problem.js'

interface Placed {
  readonly draft: Draft
  readonly edge: DraftEdge
  readonly footprint: Footprint
}

/** Sinks that write where a source reads, and edges that touch the data directory. */
export function loopProblems({ drafts, dataDirectory }: CheckInputs): readonly Problem[] {
  const placed = drafts.flatMap((draft) => draft.edges.flatMap((edge) => placedEdge(draft, edge)))
  const loops = placed.flatMap((sink) => loopsOf(sink, placed))
  return dataDirectory === undefined
    ? loops
    : [...loops, ...placed.flatMap((edge) => intrusionsOf(edge, dataDirectory))]
}

function placedEdge(draft: Draft, edge: DraftEdge): readonly Placed[] {
  const { valid } = edge
  const footprint = valid?.declaration.footprint?.(valid.settings as never, draft.baseDirectory)
  return footprint === undefined ? [] : [{ draft, edge, footprint }]
}

function loopsOf(sink: Placed, placed: readonly Placed[]): readonly Problem[] {
  return sink.footprint.writes.flatMap((directory) =>
    placed
      .filter((source) => source !== sink && source.footprint.reads(directory))
      .map((source) => {
        const message = `writes into ${directory}, which the source "${nameOf(source, sink)}" reads: it would be fed its own output`
        return problemAtKey(sink.draft, [sink.edge.section, sink.edge.id], message)
      }),
  )
}

function intrusionsOf({ draft, edge, footprint }: Placed, dataDirectory: string): readonly Problem[] {
  const path = [edge.section, edge.id]
  const touched = footprint.writes.find((directory) => overlap(directory, dataDirectory))
  if (touched !== undefined) {
    return [problemAtKey(draft, path, `writes into ${touched}, which overlaps the data directory ${dataDirectory}`)]
  }
  if (!footprint.reads(dataDirectory)) return []
  return [problemAtKey(draft, path, `reads the data directory ${dataDirectory}: exclude it, or move it with --data`)]
}

/** One is the other or lies in it; both absolute. */
function overlap(left: string, right: string): boolean {
  const inside = (inner: string, outer: string): boolean =>
    `${inner}${sep}`.startsWith(outer.endsWith(sep) ? outer : `${outer}${sep}`)
  return inside(left, right) || inside(right, left)
}

function nameOf(source: Placed, sink: Placed): string {
  return source.draft === sink.draft
    ? source.edge.id
    : `${source.draft.name ?? source.draft.document.file}.${source.edge.id}`
}
