// What shippers and clients ask before and besides `_bulk`: who is there, under which license, whether a template, a policy
// or an index stands. A log takes any document: what prepares an index is there already and needs nothing.

import type { IngressAnswer } from '../../../../core/connector/ingress.js'
import { elasticAnswer } from './elastic-answer.js'

/** The interface that is spoken, and not a version of ours: shippers choose their requests by it. */
const elasticVersion = '8.19.0'

const clusterInfo = {
  name: 'tailrace',
  cluster_name: 'tailrace',
  cluster_uuid: 'tailrace',
  version: {
    number: elasticVersion,
    build_flavor: 'default',
    build_type: 'tar',
    build_snapshot: false,
    lucene_version: '9.12.0',
    minimum_wire_compatibility_version: '7.17.0',
    minimum_index_compatibility_version: '7.0.0',
  },
  tagline: 'You Know, for Search',
}

const license = { status: 'active', type: 'basic', mode: 'basic' }

const health = {
  cluster_name: 'tailrace',
  status: 'green',
  timed_out: false,
  number_of_nodes: 1,
  number_of_data_nodes: 1,
  unassigned_shards: 0,
}

const reads: Readonly<Record<string, unknown>> = {
  '': clusterInfo,
  '/': clusterInfo,
  '/_license': { license },
  '/_xpack': { license, features: {} },
  '/_cluster/health': health,
}

/** Templates, policies, pipelines, data streams and aliases, one or all of them. */
const preparation =
  /^\/(?:_(?:index_|component_)?template|_ilm\/policy|_ingest\/pipeline|_data_stream|_alias)(?:\/[^/]+)?$/
const index = /^\/[^/_][^/]*$/

/** Undefined for what is none of these. */
export function probeAnswer(method: string, path: string): IngressAnswer | undefined {
  const isRead = method === 'GET' || method === 'HEAD'
  if (isRead && Object.hasOwn(reads, path)) return elasticAnswer(200, reads[path])
  if (!preparation.test(path) && !index.test(path)) return undefined
  if (isRead) return elasticAnswer(200, {})
  return method === 'PUT' ? elasticAnswer(200, { acknowledged: true }) : undefined
}
