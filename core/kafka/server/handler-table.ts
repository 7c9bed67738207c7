// Which APIs are served, and by what. ApiVersions and docs/kafka.md are answered from here: nothing is advertised that
// has no handler.

import { type AnyApi, type Api, type ApiName, apis, type RequestOf, type ResponseOf } from '../protocol/apis.js'
import { addOffsetsToTxn } from './handlers/add-offsets-to-txn.js'
import { addPartitionsToTxn } from './handlers/add-partitions-to-txn.js'
import { alterConfigs } from './handlers/alter-configs.js'
import { apiVersionsHandler } from './handlers/api-versions.js'
import { createPartitions } from './handlers/create-partitions.js'
import { createTopics } from './handlers/create-topics.js'
import { deleteGroups } from './handlers/delete-groups.js'
import { deleteRecords } from './handlers/delete-records.js'
import { deleteTopics } from './handlers/delete-topics.js'
import { describeCluster } from './handlers/describe-cluster.js'
import { describeConfigs } from './handlers/describe-configs.js'
import { describeGroups } from './handlers/describe-groups.js'
import { describeLogDirs } from './handlers/describe-log-dirs.js'
import { describeProducers } from './handlers/describe-producers.js'
import { describeTopicPartitions } from './handlers/describe-topic-partitions.js'
import { describeTransactions } from './handlers/describe-transactions.js'
import { endTxn } from './handlers/end-txn.js'
import { fetch } from './handlers/fetch.js'
import { findCoordinator } from './handlers/find-coordinator.js'
import { heartbeat } from './handlers/heartbeat.js'
import { incrementalAlterConfigs } from './handlers/incremental-alter-configs.js'
import { initProducerId } from './handlers/init-producer-id.js'
import { joinGroup } from './handlers/join-group.js'
import { leaveGroup } from './handlers/leave-group.js'
import { listGroups } from './handlers/list-groups.js'
import { listOffsets } from './handlers/list-offsets.js'
import { listTransactions } from './handlers/list-transactions.js'
import { metadata } from './handlers/metadata.js'
import { offsetCommit } from './handlers/offset-commit.js'
import { offsetDelete } from './handlers/offset-delete.js'
import { offsetFetch } from './handlers/offset-fetch.js'
import { offsetForLeaderEpoch } from './handlers/offset-for-leader-epoch.js'
import { produce } from './handlers/produce.js'
import { saslAuthenticate } from './handlers/sasl-authenticate.js'
import { saslHandshake } from './handlers/sasl-handshake.js'
import { syncGroup } from './handlers/sync-group.js'
import { txnOffsetCommit } from './handlers/txn-offset-commit.js'
import type { Handler } from './request-context.js'

export type Handlers = { readonly [Name in ApiName]?: Handler<RequestOf<Name>, ResponseOf<Name>> }

const handlers: Handlers = {
  produce,
  fetch,
  listOffsets,
  metadata,
  offsetCommit,
  offsetFetch,
  findCoordinator,
  joinGroup,
  heartbeat,
  leaveGroup,
  syncGroup,
  describeGroups,
  listGroups,
  saslHandshake,
  apiVersions: (request, context) => answerVersions(request, context),
  createTopics,
  deleteTopics,
  deleteRecords,
  initProducerId,
  offsetForLeaderEpoch,
  addPartitionsToTxn,
  addOffsetsToTxn,
  endTxn,
  txnOffsetCommit,
  describeConfigs,
  alterConfigs,
  describeLogDirs,
  saslAuthenticate,
  createPartitions,
  deleteGroups,
  incrementalAlterConfigs,
  offsetDelete,
  describeCluster,
  describeProducers,
  describeTransactions,
  listTransactions,
  describeTopicPartitions,
}

/** An API with its handler; the types of the two fit each other, as the table above says. */
export interface Served {
  readonly api: Api<unknown, unknown>
  readonly handle: Handler<unknown, unknown>
}

const table: ReadonlyMap<number, Served> = new Map(
  (Object.entries(handlers) as [ApiName, Handler<never, unknown>][]).map(([name, handle]) => {
    const api = apis[name] as AnyApi as Api<unknown, unknown>
    return [api.key, { api, handle: handle as Handler<unknown, unknown> }]
  }),
)

/** Sorted by key. */
export const servedApis: readonly Api<unknown, unknown>[] = [...table.values()]
  .map(({ api }) => api)
  .sort((a, b) => a.key - b.key)

const answerVersions = apiVersionsHandler(servedApis)

/** The API of a key, when it is served. */
export function servedBy(key: number): Served | undefined {
  return table.get(key)
}
