// The part of Elasticsearch's interface that shippers need: `POST /_bulk` and `POST /INDEX/_bulk` below the path of the
// source, and the probes around it. A document is a record: its bytes as they came, `_id` as its key, index and id in the
// headers `elastic_index` and `elastic_id`.
//
// `took` is 0: it is a time within Elasticsearch, and no client decides by it.

import type { IngressAnswer } from '../../../../core/connector/ingress.js'
import { messageOf } from '../../../../core/errors/tailrace-error.js'
import { httpErrors } from '../../errors.js'
import type { Protocol, ProtocolRequest, RecordIntake } from '../../protocol.js'
import { type BulkResult, readBulk } from './bulk-body.js'
import { elasticAnswer, elasticRefusal } from './elastic-answer.js'
import { probeAnswer } from './probes.js'

const bulkPath = /^(?:\/([^/]+))?\/_bulk\/?$/

export function elasticProtocol(): Protocol {
  return {
    methods: ['GET', 'HEAD', 'POST', 'PUT'],
    takesBelow: true,
    answerEarly({ method, pathBelow }: ProtocolRequest) {
      if ((method === 'POST' || method === 'PUT') && bulkPath.test(pathBelow)) return undefined
      const answer = probeAnswer(method, pathBelow)
      if (answer !== undefined) return answer
      throw httpErrors.make(
        'http_path_unknown',
        `${method} ${pathBelow} is no request that a source of this kind takes`,
      )
    },
    take(request: ProtocolRequest, body: Buffer, intake: RecordIntake) {
      const result = readBulk({ request, index: indexOf(request), body }, intake)
      return () => bulkAnswer(result)
    },
    refuse: elasticRefusal,
  }
}

function bulkAnswer({ items, hasErrors }: BulkResult): IngressAnswer {
  return elasticAnswer(200, `{"took":0,"errors":${hasErrors},"items":[${items.join(',')}]}`)
}

function indexOf({ pathBelow }: ProtocolRequest): string | undefined {
  const index = bulkPath.exec(pathBelow)?.[1]
  if (index === undefined) return undefined
  try {
    return decodeURIComponent(index)
  } catch (error) {
    throw httpErrors.make('http_body_invalid', `the index in the path is not percent-encoded: ${messageOf(error)}`)
  }
}
