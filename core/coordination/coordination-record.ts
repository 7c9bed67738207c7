// The records of `__tailrace_offsets`: one per committed offset and one per group (docs/formats/coordination-records.md).
//
//   key    kind int8 = 1: offset   group string16   topic string16   partition int32
//          kind int8 = 2: group    group string16
//   value  version int8, then the fields below; none (a tombstone) removes the offset or the group
//
// Big endian; string16 is UTF-8 behind an int16 length, bytes32 are bytes behind an int32 length, a list stands behind
// its int32 count. Equal keys are equal bytes, as compaction needs it.

import { ByteReader } from '../bytes/byte-reader.js'
import { ByteWriter } from '../bytes/byte-writer.js'
import type { CommittedOffset } from '../engine/group-service.js'
import type { PartitionId } from '../engine/log-engine.js'
import { coordinationErrors } from './errors.js'
import type { GroupMetadata, Member, Protocol } from './group.js'
import type { CoordinationRecord } from './journal-port.js'

const offsetKind = 1
const groupKind = 2
const offsetVersion = 1
/** Version 1 had no time from which on the group is empty. */
const groupVersion = 2

/** By its number in a record. */
const states: readonly GroupMetadata['state'][] = ['Empty', 'CompletingRebalance', 'Stable']

/** What a record says; `undefined` for what it removes. */
export type DecodedRecord =
  | { readonly kind: 'offset'; readonly group: string; readonly of: PartitionId; readonly committed?: CommittedOffset }
  | { readonly kind: 'group'; readonly group: string; readonly metadata?: GroupMetadata }

export function offsetRecord(
  group: string,
  of: PartitionId,
  committed: CommittedOffset | undefined,
): CoordinationRecord {
  const key = new ByteWriter().int8(offsetKind).string16(group).string16(of.topic).int32(of.partition).finish()
  if (committed === undefined) return { key, value: null }
  const value = new ByteWriter()
    .int8(offsetVersion)
    .int64(committed.offset)
    .int32(committed.leaderEpoch)
    .string16(committed.metadata)
    .int64(committed.committedAtMs)
  return { key, value: value.finish() }
}

export function groupRecord(group: string, metadata: GroupMetadata | undefined): CoordinationRecord {
  const key = new ByteWriter().int8(groupKind).string16(group).finish()
  return { key, value: metadata === undefined ? null : encodeMetadata(metadata) }
}

/** Errors: coordination_record_unknown, bytes_truncated. Keeps no view of what it is given. */
export function decodeRecord(key: Uint8Array, value: Uint8Array | null): DecodedRecord {
  const reader = new ByteReader(key)
  const kind = reader.int8()
  if (kind === offsetKind) {
    const group = reader.string16()
    const of = { topic: reader.string16(), partition: reader.int32() }
    return { kind: 'offset', group, of, ...(value === null ? {} : { committed: decodeCommitted(value) }) }
  }
  if (kind !== groupKind) throw unknown(`the key has kind ${kind}`)
  const group = reader.string16()
  return { kind: 'group', group, ...(value === null ? {} : { metadata: decodeMetadata(value) }) }
}

function decodeCommitted(value: Uint8Array): CommittedOffset {
  const { reader } = versioned(value, offsetVersion)
  return {
    offset: reader.int64(),
    leaderEpoch: reader.int32(),
    metadata: reader.string16(),
    committedAtMs: reader.int64(),
  }
}

function encodeMetadata(metadata: GroupMetadata): Buffer {
  const writer = new ByteWriter(1024)
    .int8(groupVersion)
    .int8(states.indexOf(metadata.state))
    .int32(metadata.generation)
    .string16(metadata.protocolType)
    .string16(metadata.protocol)
    .string16(metadata.leaderId)
    .int32(metadata.members.size)
  for (const member of metadata.members.values()) {
    writer
      .string16(member.memberId)
      .string16(member.instanceId ?? null)
      .string16(member.clientId)
      .string16(member.clientHost)
      .int32(member.sessionTimeoutMs)
      .int32(member.rebalanceTimeoutMs)
      .int32(member.protocols.length)
    for (const { name, metadata: bytes } of member.protocols) writer.string16(name).bytes32(bytes)
    writer.bytes32(member.assignment)
  }
  return writer.int64(metadata.emptySinceMs ?? -1).finish()
}

/** The least that a member and a protocol take: what a count is held against before a list is made. */
const leastMemberBytes = 24
const leastProtocolBytes = 6

function decodeMetadata(value: Uint8Array): GroupMetadata {
  const { reader, version } = versioned(value, groupVersion)
  const stateNumber = reader.int8()
  const state = states[stateNumber]
  if (state === undefined) throw unknown(`the group has state ${stateNumber}`)
  const generation = reader.int32()
  const protocolType = reader.string16()
  const protocol = reader.string16()
  const leaderId = reader.string16()
  const members = new Map<string, Member>()
  for (let left = reader.count32(leastMemberBytes); left > 0; left--) {
    const member = decodeMember(reader)
    members.set(member.memberId, member)
  }
  const emptySinceMs = version === 1 ? -1 : reader.int64()
  const since = emptySinceMs < 0 ? {} : { emptySinceMs }
  return { generation, protocolType, protocol, leaderId, state, members, ...since }
}

function decodeMember(reader: ByteReader): Member {
  const memberId = reader.string16()
  const instanceId = reader.nullableString16()
  const clientId = reader.string16()
  const clientHost = reader.string16()
  const sessionTimeoutMs = reader.int32()
  const rebalanceTimeoutMs = reader.int32()
  const protocols: Protocol[] = []
  for (let left = reader.count32(leastProtocolBytes); left > 0; left--) {
    protocols.push({ name: reader.string16(), metadata: Uint8Array.from(reader.bytes32()) })
  }
  return {
    memberId,
    ...(instanceId === null ? {} : { instanceId }),
    clientId,
    clientHost,
    sessionTimeoutMs,
    rebalanceTimeoutMs,
    protocols,
    assignment: Uint8Array.from(reader.bytes32()),
  }
}

function versioned(value: Uint8Array, latest: number): { readonly reader: ByteReader; readonly version: number } {
  const reader = new ByteReader(value)
  const version = reader.int8()
  if (version < 1 || version > latest) {
    throw unknown(`the value has version ${version}, this release reads 1 to ${latest}`)
  }
  return { reader, version }
}

function unknown(what: string): Error {
  return coordinationErrors.make('coordination_record_unknown', `a record of groups or offsets: ${what}`)
}
