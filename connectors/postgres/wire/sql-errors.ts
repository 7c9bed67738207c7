// What the server, the socket or `pg` throws, as errors of ours.
//
// The server's text is translated into its language, so that only the SQLSTATE decides, and where one state stands for
// several things the name of the C function that raised it, which is never translated.
// States: PostgreSQL manual, appendix A; fields: "Error and Notice Message Fields".

import { DatabaseError } from 'pg'
import { messageOf, TailraceError } from '../../../core/errors/tailrace-error.js'
import { postgresErrors } from '../errors.js'

type Code = Parameters<typeof postgresErrors.make>[0]

/** One state that means different things in different places of the server. */
const byRoutine: Readonly<Record<string, Readonly<Record<string, Code>>>> = {
  // object_not_in_prerequisite_state
  '55000': {
    CheckLogicalDecodingRequirements: 'postgres_no_logical_wal',
    StartLogicalReplication: 'postgres_slot_invalidated',
    CreateDecodingContext: 'postgres_slot_invalidated',
    ReplicationSlotAcquire: 'postgres_slot_invalidated',
    pg_logical_slot_get_changes_guts: 'postgres_slot_invalidated',
  },
  // undefined_object
  '42704': {
    ReplicationSlotAcquire: 'postgres_slot_missing',
    get_publication_oid: 'postgres_publication_missing',
    GetPublicationByName: 'postgres_publication_missing',
  },
  // duplicate_object
  '42710': { ReplicationSlotCreate: 'postgres_slot_exists' },
  // object_in_use
  '55006': { ReplicationSlotAcquire: 'postgres_slot_in_use', ReplicationSlotDrop: 'postgres_slot_in_use' },
  // configuration_limit_exceeded
  '53400': { ReplicationSlotCreate: 'postgres_slots_exhausted' },
  // undefined_file: the segment that the slot needs was removed
  '58P01': { XLogReadDetermineTimeline: 'postgres_slot_invalidated', WalSndSegmentOpen: 'postgres_slot_invalidated' },
}

const byState: Readonly<Record<string, Code>> = {
  '25006': 'postgres_read_only',
  '28000': 'postgres_login_refused',
  '28P01': 'postgres_login_refused',
  '3D000': 'postgres_database_missing',
  '3F000': 'postgres_table_missing',
  '40001': 'postgres_transaction_conflict',
  '40P01': 'postgres_transaction_conflict',
  '42501': 'postgres_permission_denied',
  '42622': 'postgres_name_invalid',
  '42703': 'postgres_column_missing',
  '42P01': 'postgres_table_missing',
  '53300': 'postgres_too_many_connections',
  '55P03': 'postgres_transaction_conflict',
  '57014': 'postgres_statement_cancelled',
  '57P01': 'postgres_not_ready',
  '57P02': 'postgres_not_ready',
  '57P03': 'postgres_not_ready',
  '57P04': 'postgres_database_missing',
  '57P05': 'postgres_connection_lost',
  XX001: 'postgres_server_damaged',
  XX002: 'postgres_server_damaged',
}

/** The first two characters of a state. */
const byClass: Readonly<Record<string, Code>> = {
  '08': 'postgres_connection_lost',
  '22': 'postgres_value_refused',
  '23': 'postgres_constraint_violated',
  '40': 'postgres_transaction_conflict',
  '53': 'postgres_resources_exhausted',
  '58': 'postgres_server_failed',
  XX: 'postgres_server_failed',
}

/** Codes of Node and of OpenSSL, where no server has answered. */
const bySystemCode: Readonly<Record<string, Code>> = {
  ECONNREFUSED: 'postgres_unreachable',
  ENOTFOUND: 'postgres_unreachable',
  EAI_AGAIN: 'postgres_unreachable',
  ETIMEDOUT: 'postgres_unreachable',
  EHOSTUNREACH: 'postgres_unreachable',
  ENETUNREACH: 'postgres_unreachable',
  // No socket file in the folder.
  ENOENT: 'postgres_unreachable',
  EACCES: 'postgres_unreachable',
  EADDRNOTAVAIL: 'postgres_unreachable',
  CERT_HAS_EXPIRED: 'postgres_tls_untrusted',
  CERT_NOT_YET_VALID: 'postgres_tls_untrusted',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'postgres_tls_untrusted',
  ERR_TLS_CERT_ALTNAME_INVALID: 'postgres_tls_untrusted',
  SELF_SIGNED_CERT_IN_CHAIN: 'postgres_tls_untrusted',
  UNABLE_TO_GET_ISSUER_CERT: 'postgres_tls_untrusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'postgres_tls_untrusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'postgres_tls_untrusted',
}

/** Where `pg` gives nothing but a text; its texts are not translated. */
const byText: Readonly<Record<string, Code>> = {
  'timeout expired': 'postgres_unreachable',
  'The server does not support SSL connections': 'postgres_tls_unavailable',
}

/** The fields of an ErrorResponse, as `pg` and our own frames give them. */
export interface ServerErrorFields {
  readonly message: string
  readonly code: string | undefined
  readonly severity: string | undefined
  readonly detail: string | undefined
  readonly hint: string | undefined
  readonly where: string | undefined
  readonly schema: string | undefined
  readonly table: string | undefined
  readonly column: string | undefined
  readonly dataType: string | undefined
  readonly constraint: string | undefined
  readonly routine: string | undefined
}

/**
 * The error as one of ours; `doing` says what was tried ("reading the slot x"). One that is ours already stays as it is.
 * `details` holds sqlState, severity, detail, serverHint, where, schema, table, column, dataType, constraint, routine.
 */
export function sqlError(error: unknown, doing: string): TailraceError {
  if (error instanceof TailraceError) return error
  if (error instanceof DatabaseError) return serverError({ ...fieldsOf(error), message: error.message }, doing, error)
  const text = messageOf(error)
  const system = systemCode(error)
  const code = bySystemCode[system ?? ''] ?? byText[text] ?? 'postgres_connection_lost'
  return postgresErrors.make(code, `${doing}: ${text === '' ? (system ?? 'the connection failed') : text}`, {
    cause: error,
    details: { systemCode: system },
  })
}

/** As `sqlError`, of an ErrorResponse that we read ourselves. */
export function serverError(fields: ServerErrorFields, doing: string, cause?: unknown): TailraceError {
  const { message, code: sqlState, hint: serverHint, ...rest } = fields
  const state = sqlState ?? ''
  const code =
    byRoutine[state]?.[fields.routine ?? ''] ??
    byState[state] ??
    byClass[state.slice(0, 2)] ??
    'postgres_statement_refused'
  const detail = fields.detail === undefined ? '' : ` (${fields.detail})`
  return postgresErrors.make(code, `${doing}: ${message}${detail}`, {
    cause,
    details: { sqlState, serverHint, ...rest },
  })
}

function fieldsOf(error: DatabaseError): Omit<ServerErrorFields, 'message'> {
  const { code, severity, detail, hint, where, schema, table, column, dataType, constraint, routine } = error
  return { code, severity, detail, hint, where, schema, table, column, dataType, constraint, routine }
}

/** Several addresses of one name fail together: the first says why. */
function systemCode(error: unknown): string | undefined {
  const first = error instanceof AggregateError ? error.errors[0] : error
  if (!(first instanceof Error) || !('code' in first)) return undefined
  return typeof first.code === 'string' ? first.code : undefined
}
