// What the next start of some plans would run in other systems, as their connectors find out without changing
// anything: for `plan`.

import type { PreviewStep } from '../core/connector/declaration.js'
import { edgesOf, viewContext, type ViewedEdge, type ViewOptions } from './edge-view.js'
import { failureView } from './failure.js'

export interface EdgePreview {
  readonly pipeline: string
  readonly what: 'source' | 'sink'
  readonly id: string
  readonly steps: readonly PreviewStep[]
  /** Why the steps could not be found out, such as a system that does not answer. */
  readonly failure: { readonly message: string; readonly hint: string } | undefined
}

/** Of the edges that would run something or could not look, in the order of the files. */
export async function previewEdges(options: ViewOptions): Promise<readonly EdgePreview[]> {
  const seen = await Promise.all(edgesOf(options.plans).map((edge) => previewEdge(edge, options)))
  return seen.filter(({ steps, failure }) => steps.length > 0 || failure !== undefined)
}

async function previewEdge(edge: ViewedEdge, options: ViewOptions): Promise<EdgePreview> {
  const { plan, role: what, id, declaration, settings } = edge
  const named = { pipeline: plan.name, what, id }
  if (declaration.preview === undefined) return { ...named, steps: [], failure: undefined }
  try {
    return {
      ...named,
      steps: await declaration.preview(settings as never, viewContext(edge, options)),
      failure: undefined,
    }
  } catch (error) {
    const { message, hint } = failureView(error)
    return { ...named, steps: [], failure: { message, hint } }
  }
}
