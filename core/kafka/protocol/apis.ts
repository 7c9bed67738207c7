// The APIs of Kafka that this protocol has codecs for, by name: what the server's handlers are checked against, and
// what ApiVersions and the documentation tell of their versions.

import type { MessageReader } from '../../message/message-reader.js'
import type { MessageWriter } from '../../message/message-writer.js'
import type { ApiDeclaration } from './declare-api.js'
import { decodeAddOffsetsToTxnRequest } from './generated/add-offsets-to-txn-request.js'
import { encodeAddOffsetsToTxnResponse } from './generated/add-offsets-to-txn-response.js'
import { decodeAddPartitionsToTxnRequest } from './generated/add-partitions-to-txn-request.js'
import { encodeAddPartitionsToTxnResponse } from './generated/add-partitions-to-txn-response.js'
import { decodeAlterConfigsRequest } from './generated/alter-configs-request.js'
import { encodeAlterConfigsResponse } from './generated/alter-configs-response.js'
import { decodeAlterUserScramCredentialsRequest } from './generated/alter-user-scram-credentials-request.js'
import { encodeAlterUserScramCredentialsResponse } from './generated/alter-user-scram-credentials-response.js'
import { decodeApiVersionsRequest } from './generated/api-versions-request.js'
import { encodeApiVersionsResponse } from './generated/api-versions-response.js'
import { decodeCreatePartitionsRequest } from './generated/create-partitions-request.js'
import { encodeCreatePartitionsResponse } from './generated/create-partitions-response.js'
import { decodeCreateTopicsRequest } from './generated/create-topics-request.js'
import { encodeCreateTopicsResponse } from './generated/create-topics-response.js'
import { decodeDeleteGroupsRequest } from './generated/delete-groups-request.js'
import { encodeDeleteGroupsResponse } from './generated/delete-groups-response.js'
import { decodeDeleteRecordsRequest } from './generated/delete-records-request.js'
import { encodeDeleteRecordsResponse } from './generated/delete-records-response.js'
import { decodeDeleteTopicsRequest } from './generated/delete-topics-request.js'
import { encodeDeleteTopicsResponse } from './generated/delete-topics-response.js'
import { decodeDescribeClusterRequest } from './generated/describe-cluster-request.js'
import { encodeDescribeClusterResponse } from './generated/describe-cluster-response.js'
import { decodeDescribeConfigsRequest } from './generated/describe-configs-request.js'
import { encodeDescribeConfigsResponse } from './generated/describe-configs-response.js'
import { decodeDescribeGroupsRequest } from './generated/describe-groups-request.js'
import { encodeDescribeGroupsResponse } from './generated/describe-groups-response.js'
import { decodeDescribeLogDirsRequest } from './generated/describe-log-dirs-request.js'
import { encodeDescribeLogDirsResponse } from './generated/describe-log-dirs-response.js'
import { decodeDescribeProducersRequest } from './generated/describe-producers-request.js'
import { encodeDescribeProducersResponse } from './generated/describe-producers-response.js'
import { decodeDescribeTopicPartitionsRequest } from './generated/describe-topic-partitions-request.js'
import { encodeDescribeTopicPartitionsResponse } from './generated/describe-topic-partitions-response.js'
import { decodeDescribeTransactionsRequest } from './generated/describe-transactions-request.js'
import { encodeDescribeTransactionsResponse } from './generated/describe-transactions-response.js'
import { decodeDescribeUserScramCredentialsRequest } from './generated/describe-user-scram-credentials-request.js'
import { encodeDescribeUserScramCredentialsResponse } from './generated/describe-user-scram-credentials-response.js'
import { decodeEndTxnRequest } from './generated/end-txn-request.js'
import { encodeEndTxnResponse } from './generated/end-txn-response.js'
import { decodeFetchRequest } from './generated/fetch-request.js'
import { encodeFetchResponse } from './generated/fetch-response.js'
import { decodeFindCoordinatorRequest } from './generated/find-coordinator-request.js'
import { encodeFindCoordinatorResponse } from './generated/find-coordinator-response.js'
import { decodeHeartbeatRequest } from './generated/heartbeat-request.js'
import { encodeHeartbeatResponse } from './generated/heartbeat-response.js'
import { decodeIncrementalAlterConfigsRequest } from './generated/incremental-alter-configs-request.js'
import { encodeIncrementalAlterConfigsResponse } from './generated/incremental-alter-configs-response.js'
import { decodeInitProducerIdRequest } from './generated/init-producer-id-request.js'
import { encodeInitProducerIdResponse } from './generated/init-producer-id-response.js'
import { decodeJoinGroupRequest } from './generated/join-group-request.js'
import { encodeJoinGroupResponse } from './generated/join-group-response.js'
import { decodeLeaveGroupRequest } from './generated/leave-group-request.js'
import { encodeLeaveGroupResponse } from './generated/leave-group-response.js'
import { decodeListGroupsRequest } from './generated/list-groups-request.js'
import { encodeListGroupsResponse } from './generated/list-groups-response.js'
import { decodeListOffsetsRequest } from './generated/list-offsets-request.js'
import { encodeListOffsetsResponse } from './generated/list-offsets-response.js'
import { decodeListTransactionsRequest } from './generated/list-transactions-request.js'
import { encodeListTransactionsResponse } from './generated/list-transactions-response.js'
import { decodeMetadataRequest } from './generated/metadata-request.js'
import { encodeMetadataResponse } from './generated/metadata-response.js'
import { decodeOffsetCommitRequest } from './generated/offset-commit-request.js'
import { encodeOffsetCommitResponse } from './generated/offset-commit-response.js'
import { decodeOffsetDeleteRequest } from './generated/offset-delete-request.js'
import { encodeOffsetDeleteResponse } from './generated/offset-delete-response.js'
import { decodeOffsetFetchRequest } from './generated/offset-fetch-request.js'
import { encodeOffsetFetchResponse } from './generated/offset-fetch-response.js'
import { decodeOffsetForLeaderEpochRequest } from './generated/offset-for-leader-epoch-request.js'
import { encodeOffsetForLeaderEpochResponse } from './generated/offset-for-leader-epoch-response.js'
import { decodeProduceRequest } from './generated/produce-request.js'
import { encodeProduceResponse } from './generated/produce-response.js'
import { decodeSaslAuthenticateRequest } from './generated/sasl-authenticate-request.js'
import { encodeSaslAuthenticateResponse } from './generated/sasl-authenticate-response.js'
import { decodeSaslHandshakeRequest } from './generated/sasl-handshake-request.js'
import { encodeSaslHandshakeResponse } from './generated/sasl-handshake-response.js'
import { decodeSyncGroupRequest } from './generated/sync-group-request.js'
import { encodeSyncGroupResponse } from './generated/sync-group-response.js'
import { decodeTxnOffsetCommitRequest } from './generated/txn-offset-commit-request.js'
import { encodeTxnOffsetCommitResponse } from './generated/txn-offset-commit-response.js'
import { addOffsetsToTxnApi } from './messages/add-offsets-to-txn.js'
import { addPartitionsToTxnApi } from './messages/add-partitions-to-txn.js'
import { alterConfigsApi } from './messages/alter-configs.js'
import { alterUserScramCredentialsApi } from './messages/alter-user-scram-credentials.js'
import { apiVersionsApi } from './messages/api-versions.js'
import { createPartitionsApi } from './messages/create-partitions.js'
import { createTopicsApi } from './messages/create-topics.js'
import { deleteGroupsApi } from './messages/delete-groups.js'
import { deleteRecordsApi } from './messages/delete-records.js'
import { deleteTopicsApi } from './messages/delete-topics.js'
import { describeClusterApi } from './messages/describe-cluster.js'
import { describeConfigsApi } from './messages/describe-configs.js'
import { describeGroupsApi } from './messages/describe-groups.js'
import { describeLogDirsApi } from './messages/describe-log-dirs.js'
import { describeProducersApi } from './messages/describe-producers.js'
import { describeTopicPartitionsApi } from './messages/describe-topic-partitions.js'
import { describeTransactionsApi } from './messages/describe-transactions.js'
import { describeUserScramCredentialsApi } from './messages/describe-user-scram-credentials.js'
import { endTxnApi } from './messages/end-txn.js'
import { fetchApi } from './messages/fetch.js'
import { findCoordinatorApi } from './messages/find-coordinator.js'
import { heartbeatApi } from './messages/heartbeat.js'
import { incrementalAlterConfigsApi } from './messages/incremental-alter-configs.js'
import { initProducerIdApi } from './messages/init-producer-id.js'
import { joinGroupApi } from './messages/join-group.js'
import { leaveGroupApi } from './messages/leave-group.js'
import { listGroupsApi } from './messages/list-groups.js'
import { listOffsetsApi } from './messages/list-offsets.js'
import { listTransactionsApi } from './messages/list-transactions.js'
import { metadataApi } from './messages/metadata.js'
import { offsetCommitApi } from './messages/offset-commit.js'
import { offsetDeleteApi } from './messages/offset-delete.js'
import { offsetFetchApi } from './messages/offset-fetch.js'
import { offsetForLeaderEpochApi } from './messages/offset-for-leader-epoch.js'
import { produceApi } from './messages/produce.js'
import { saslAuthenticateApi } from './messages/sasl-authenticate.js'
import { saslHandshakeApi } from './messages/sasl-handshake.js'
import { syncGroupApi } from './messages/sync-group.js'
import { txnOffsetCommitApi } from './messages/txn-offset-commit.js'

/** An API as a server needs it. Versions are those that it has codecs for. */
export interface Api<Request, Response> {
  readonly key: number
  readonly name: string
  readonly minVersion: number
  readonly maxVersion: number
  /** The least version to tell clients, which is below `minVersion` for Produce alone: those below are refused. */
  readonly advertisedFrom: number
  /** The first flexible version; Infinity when there is none. */
  readonly flexibleFrom: number
  /** Errors: malformed_message. Byte fields are views of the reader's frame. */
  readonly decodeRequest: (reader: MessageReader, version: number) => Request
  /** Record sets are kept by reference until the writer is finished and its chunks are sent. */
  readonly encodeResponse: (writer: MessageWriter, response: Response, version: number) => void
}

/** Any API, for code that does not look into its messages. */
export type AnyApi = Api<unknown, never>

export const apis = {
  produce: served(produceApi, decodeProduceRequest, encodeProduceResponse),
  fetch: served(fetchApi, decodeFetchRequest, encodeFetchResponse),
  listOffsets: served(listOffsetsApi, decodeListOffsetsRequest, encodeListOffsetsResponse),
  metadata: served(metadataApi, decodeMetadataRequest, encodeMetadataResponse),
  offsetCommit: served(offsetCommitApi, decodeOffsetCommitRequest, encodeOffsetCommitResponse),
  offsetFetch: served(offsetFetchApi, decodeOffsetFetchRequest, encodeOffsetFetchResponse),
  findCoordinator: served(findCoordinatorApi, decodeFindCoordinatorRequest, encodeFindCoordinatorResponse),
  joinGroup: served(joinGroupApi, decodeJoinGroupRequest, encodeJoinGroupResponse),
  heartbeat: served(heartbeatApi, decodeHeartbeatRequest, encodeHeartbeatResponse),
  leaveGroup: served(leaveGroupApi, decodeLeaveGroupRequest, encodeLeaveGroupResponse),
  syncGroup: served(syncGroupApi, decodeSyncGroupRequest, encodeSyncGroupResponse),
  describeGroups: served(describeGroupsApi, decodeDescribeGroupsRequest, encodeDescribeGroupsResponse),
  listGroups: served(listGroupsApi, decodeListGroupsRequest, encodeListGroupsResponse),
  saslHandshake: served(saslHandshakeApi, decodeSaslHandshakeRequest, encodeSaslHandshakeResponse),
  apiVersions: served(apiVersionsApi, decodeApiVersionsRequest, encodeApiVersionsResponse),
  createTopics: served(createTopicsApi, decodeCreateTopicsRequest, encodeCreateTopicsResponse),
  deleteTopics: served(deleteTopicsApi, decodeDeleteTopicsRequest, encodeDeleteTopicsResponse),
  deleteRecords: served(deleteRecordsApi, decodeDeleteRecordsRequest, encodeDeleteRecordsResponse),
  initProducerId: served(initProducerIdApi, decodeInitProducerIdRequest, encodeInitProducerIdResponse),
  offsetForLeaderEpoch: served(
    offsetForLeaderEpochApi,
    decodeOffsetForLeaderEpochRequest,
    encodeOffsetForLeaderEpochResponse,
  ),
  addPartitionsToTxn: served(addPartitionsToTxnApi, decodeAddPartitionsToTxnRequest, encodeAddPartitionsToTxnResponse),
  addOffsetsToTxn: served(addOffsetsToTxnApi, decodeAddOffsetsToTxnRequest, encodeAddOffsetsToTxnResponse),
  endTxn: served(endTxnApi, decodeEndTxnRequest, encodeEndTxnResponse),
  txnOffsetCommit: served(txnOffsetCommitApi, decodeTxnOffsetCommitRequest, encodeTxnOffsetCommitResponse),
  describeConfigs: served(describeConfigsApi, decodeDescribeConfigsRequest, encodeDescribeConfigsResponse),
  alterConfigs: served(alterConfigsApi, decodeAlterConfigsRequest, encodeAlterConfigsResponse),
  describeLogDirs: served(describeLogDirsApi, decodeDescribeLogDirsRequest, encodeDescribeLogDirsResponse),
  saslAuthenticate: served(saslAuthenticateApi, decodeSaslAuthenticateRequest, encodeSaslAuthenticateResponse),
  createPartitions: served(createPartitionsApi, decodeCreatePartitionsRequest, encodeCreatePartitionsResponse),
  deleteGroups: served(deleteGroupsApi, decodeDeleteGroupsRequest, encodeDeleteGroupsResponse),
  incrementalAlterConfigs: served(
    incrementalAlterConfigsApi,
    decodeIncrementalAlterConfigsRequest,
    encodeIncrementalAlterConfigsResponse,
  ),
  offsetDelete: served(offsetDeleteApi, decodeOffsetDeleteRequest, encodeOffsetDeleteResponse),
  describeUserScramCredentials: served(
    describeUserScramCredentialsApi,
    decodeDescribeUserScramCredentialsRequest,
    encodeDescribeUserScramCredentialsResponse,
  ),
  alterUserScramCredentials: served(
    alterUserScramCredentialsApi,
    decodeAlterUserScramCredentialsRequest,
    encodeAlterUserScramCredentialsResponse,
  ),
  describeCluster: served(describeClusterApi, decodeDescribeClusterRequest, encodeDescribeClusterResponse),
  describeProducers: served(describeProducersApi, decodeDescribeProducersRequest, encodeDescribeProducersResponse),
  describeTransactions: served(
    describeTransactionsApi,
    decodeDescribeTransactionsRequest,
    encodeDescribeTransactionsResponse,
  ),
  listTransactions: served(listTransactionsApi, decodeListTransactionsRequest, encodeListTransactionsResponse),
  describeTopicPartitions: served(
    describeTopicPartitionsApi,
    decodeDescribeTopicPartitionsRequest,
    encodeDescribeTopicPartitionsResponse,
  ),
} as const

export type ApiName = keyof typeof apis
export type RequestOf<Name extends ApiName> = ReturnType<(typeof apis)[Name]['decodeRequest']>
export type ResponseOf<Name extends ApiName> = Parameters<(typeof apis)[Name]['encodeResponse']>[1]

const apisByKey: ReadonlyMap<number, AnyApi> = new Map(Object.values<AnyApi>(apis).map((api) => [api.key, api]))

/** The API with a key; undefined for one that has no codecs here. */
export function apiByKey(key: number): AnyApi | undefined {
  return apisByKey.get(key)
}

function served<Request, Response>(
  declared: ApiDeclaration,
  decodeRequest: Api<Request, Response>['decodeRequest'],
  encodeResponse: Api<Request, Response>['encodeResponse'],
): Api<Request, Response> {
  const { versions, flexible } = declared.request
  return {
    key: declared.key,
    name: declared.name,
    minVersion: versions.from,
    maxVersion: versions.to,
    advertisedFrom: declared.advertisedFrom,
    flexibleFrom: flexible.from,
    decodeRequest,
    encodeResponse,
  }
}
