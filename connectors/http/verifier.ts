// How a source makes sure of who sent a request by a signature: made once from the settings of `verify`, asked for every
// request with its whole body and before anything else looks into that body. verify/ holds one for each scheme.

import type { IngressRequest, RequestBody } from '../../core/connector/ingress.js'

export interface Verified {
  /**
   * What the sender calls this delivery, the same in each attempt (`webhook-id`, `x-github-delivery`, …): it joins the
   * window of keys, so that a delivery that was taken is answered like the first time. Undefined when there is none.
   */
  readonly replayId: string | undefined
}

export interface Verifier {
  /**
   * Throws what does not hold: a TailraceError whose code has a status in `httpStatuses` (401 as a rule, 400 for what is
   * malformed). Compares in constant time. `request.rawHeaders` shows what came twice.
   */
  verify(request: IngressRequest, body: RequestBody, nowMs: number): Verified
}
