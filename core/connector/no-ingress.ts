// Where nothing listens for HTTP: a hub without sources that need it, and tests of everything else.

import { ingressErrors } from './errors.js'
import type { Ingress } from './ingress.js'

/** Refuses every route. */
export const noIngress: Ingress = {
  route({ path }) {
    throw ingressErrors.make('ingest_off', `nothing listens that could take requests for ${path}`, {
      details: { path },
    })
  },
}
