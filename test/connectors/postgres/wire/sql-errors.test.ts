import { DatabaseError } from 'pg'
import { describe, expect, it } from 'vitest'
import { postgresErrors } from '../../../../connectors/postgres/errors.js'
import { sqlError } from '../../../../connectors/postgres/wire/sql-errors.js'

function databaseError(code: string, routine?: string): DatabaseError {
  return Object.assign(new DatabaseError('what happened', 0, 'error'), { code, routine, table: 'orders' })
}

describe('errors of the server', () => {
  it.each([
    ['28P01', undefined, 'postgres_login_refused', 'manual'],
    ['28000', undefined, 'postgres_login_refused', 'manual'],
    ['3D000', undefined, 'postgres_database_missing', 'manual'],
    ['42501', undefined, 'postgres_permission_denied', 'manual'],
    ['42P01', undefined, 'postgres_table_missing', 'manual'],
    ['42703', undefined, 'postgres_column_missing', 'manual'],
    ['42601', undefined, 'postgres_statement_refused', 'manual'],
    ['55000', 'CheckLogicalDecodingRequirements', 'postgres_no_logical_wal', 'manual'],
    ['55000', 'StartLogicalReplication', 'postgres_slot_invalidated', 'manual'],
    ['55000', 'somewhere else', 'postgres_statement_refused', 'manual'],
    ['55006', 'ReplicationSlotAcquire', 'postgres_slot_in_use', 'timed'],
    ['42704', 'ReplicationSlotAcquire', 'postgres_slot_missing', 'manual'],
    ['42704', 'get_publication_oid', 'postgres_publication_missing', 'manual'],
    ['42704', 'typenameType', 'postgres_statement_refused', 'manual'],
    ['42710', 'ReplicationSlotCreate', 'postgres_slot_exists', 'manual'],
    ['53300', undefined, 'postgres_too_many_connections', 'timed'],
    ['53100', undefined, 'postgres_resources_exhausted', 'timed'],
    ['40001', undefined, 'postgres_transaction_conflict', 'timed'],
    ['40P01', undefined, 'postgres_transaction_conflict', 'timed'],
    ['55P03', undefined, 'postgres_transaction_conflict', 'timed'],
    ['57014', undefined, 'postgres_statement_cancelled', 'timed'],
    ['57P01', undefined, 'postgres_not_ready', 'timed'],
    ['57P03', undefined, 'postgres_not_ready', 'timed'],
    ['25006', undefined, 'postgres_read_only', 'timed'],
    ['08006', undefined, 'postgres_connection_lost', 'timed'],
    ['22P02', undefined, 'postgres_value_refused', 'never'],
    ['23505', undefined, 'postgres_constraint_violated', 'never'],
    ['XX000', undefined, 'postgres_server_failed', 'timed'],
    ['XX001', undefined, 'postgres_server_damaged', 'manual'],
  ])('%s of %s is %s, %s', (state, routine, code, retry) => {
    expect(sqlError(databaseError(state, routine), 'trying')).toMatchObject({ code, retry })
  })

  it('keep what the server said of them', () => {
    const error = sqlError(databaseError('23505'), 'writing')
    expect(error.message).toBe('writing: what happened')
    expect(error.details).toMatchObject({ sqlState: '23505', table: 'orders' })
    expect(error.cause).toBeInstanceOf(DatabaseError)
  })

  it('that are ours stay as they are', () => {
    const ours = postgresErrors.make('postgres_slot_ahead', 'ahead')
    expect(sqlError(ours, 'reading')).toBe(ours)
  })
})

describe('errors without an answer', () => {
  it.each([
    [Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }), 'postgres_unreachable'],
    [
      Object.assign(new AggregateError([Object.assign(new Error('v6'), { code: 'ECONNREFUSED' })])),
      'postgres_unreachable',
    ],
    [Object.assign(new Error('read'), { code: 'ECONNRESET' }), 'postgres_connection_lost'],
    [Object.assign(new Error('self-signed'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }), 'postgres_tls_untrusted'],
    [new Error('The server does not support SSL connections'), 'postgres_tls_unavailable'],
    [new Error('timeout expired'), 'postgres_unreachable'],
    [new Error('Connection terminated unexpectedly'), 'postgres_connection_lost'],
  ])('%s is %s', (error, code) => {
    expect(sqlError(error, 'trying').code).toBe(code)
  })
})
