// Who may import whom: the house as data. imports.test.ts holds every file to it.
//
// A file belongs to the longest `folder` that begins its path. It may import its own folder and what its row names;
// a row names folders exactly: `core/engine` is the contract, not `core/engine/memory`. A folder without a row fails.

export interface FolderRule {
  readonly folder: string
  readonly may: readonly string[]
  /** Folders of which only types may be imported. */
  readonly types?: readonly string[]
  /** Modules of Node; 'all' only for the door to the outside and for the outermost layer. */
  readonly node?: readonly string[] | 'all'
  readonly packages?: readonly string[]
}

/** What a connector may import besides its own client libraries; the world comes through its context. */
const connectorMay = ['core/connector', 'core/record', 'core/format', 'core/bytes', 'core/errors']
const contextTypes = ['core/runtime', 'core/telemetry']

export const folderRules: readonly FolderRule[] = [
  { folder: 'core/errors', may: [] },
  { folder: 'core/bytes', may: ['core/errors'], node: ['node:module'], packages: ['@node-rs/crc32'] },
  { folder: 'core/format', may: ['core/errors', 'core/bytes'], packages: ['iconv-lite', 're2js'] },
  {
    folder: 'core/expression',
    may: ['core/errors', 'core/format'],
    packages: ['@marcbachmann/cel-js', 're2js'],
  },
  // Pure: who sends and who takes signed requests may not import one another.
  { folder: 'core/signature', may: ['core/errors'], node: ['node:crypto'] },
  { folder: 'core/runtime', may: ['core/errors'], node: ['node:path'] },
  { folder: 'core/runtime/node', may: ['core/errors', 'core/runtime'], node: 'all' },
  { folder: 'core/runtime/node-world.ts', may: ['core/runtime', 'core/runtime/node'] },
  { folder: 'core/telemetry', may: ['core/errors', 'core/runtime'], packages: ['pino', 'prom-client'] },
  {
    folder: 'core/record',
    may: ['core/errors', 'core/bytes'],
    node: ['node:module', 'node:zlib'],
    packages: ['@bokuweb/zstd-wasm'],
  },
  { folder: 'core/message', may: ['core/errors', 'core/bytes'] },
  { folder: 'core/kafka/protocol', may: ['core/errors', 'core/bytes', 'core/message'] },
  {
    folder: 'core/log',
    may: ['core/errors', 'core/bytes', 'core/runtime', 'core/telemetry', 'core/record'],
    node: ['node:path'],
  },
  {
    folder: 'core/coordination',
    may: ['core/errors', 'core/bytes', 'core/runtime', 'core/telemetry', 'core/record', 'core/engine'],
  },
  {
    folder: 'core/transactions',
    may: ['core/errors', 'core/bytes', 'core/runtime', 'core/telemetry', 'core/engine', 'core/coordination'],
  },
  { folder: 'core/engine', may: ['core/errors', 'core/bytes', 'core/record'], types: ['core/runtime'] },
  {
    folder: 'core/engine/memory',
    may: [
      'core/engine',
      'core/errors',
      'core/bytes',
      'core/record',
      'core/coordination',
      'core/transactions',
      'core/runtime',
    ],
    types: ['core/telemetry'],
  },
  { folder: 'core/engine/consumer', may: ['core/engine', 'core/errors', 'core/bytes'], types: contextTypes },
  {
    folder: 'core/engine/embedded',
    may: [
      'core/engine',
      'core/errors',
      'core/bytes',
      'core/record',
      'core/coordination',
      'core/transactions',
      'core/runtime',
      'core/log',
      'core/telemetry',
    ],
    node: ['node:path'],
  },
  {
    folder: 'core/kafka/server',
    may: [
      'core/kafka/protocol',
      'core/message',
      'core/errors',
      'core/bytes',
      'core/record',
      'core/engine',
      'core/engine/consumer',
      'core/security',
      'core/runtime',
      'core/telemetry',
    ],
  },
  { folder: 'core/connector', may: ['core/errors', 'core/record'], types: contextTypes, node: ['node:util'] },
  {
    folder: 'core/pipeline',
    may: [
      'core/errors',
      'core/bytes',
      'core/expression',
      'core/format',
      'core/record',
      'core/runtime',
      'core/telemetry',
      'core/connector',
      'core/engine',
      'core/engine/consumer',
      'core/security',
    ],
    node: ['node:buffer', 'node:crypto', 'node:events'],
    packages: ['ajv', 're2js'],
  },
  {
    folder: 'core/security',
    may: ['core/errors', 'core/bytes', 'core/runtime', 'core/security/outgoing'],
    types: ['core/connector'],
    node: ['node:crypto', 'node:path'],
  },
  // Pure, so that a declaration may ask it about the URLs of a file.
  { folder: 'core/security/outgoing', may: ['core/errors'], types: ['core/connector'], packages: ['ipaddr.js'] },
  {
    folder: 'core/ingest',
    may: ['core/errors', 'core/connector', 'core/record', 'core/security', 'core/runtime', 'core/telemetry'],
    node: ['node:http', 'node:https', 'node:tls', 'node:zlib'],
  },
  {
    folder: 'core/admin',
    may: [
      'core/errors',
      'core/record',
      'core/engine',
      'core/pipeline',
      'config',
      'core/security',
      'core/runtime',
      'core/telemetry',
    ],
    packages: ['ajv', 'fastify'],
  },
  {
    folder: 'connectors/registry.ts',
    may: [
      'core/connector',
      'connectors/bullmq',
      'connectors/file',
      'connectors/http',
      'connectors/http-poll',
      'connectors/lake',
      'connectors/lake/s3',
      'connectors/nats',
      'connectors/postgres',
      'connectors/syslog',
      'connectors/webhook',
    ],
  },
  {
    folder: 'connectors/file',
    may: connectorMay,
    types: contextTypes,
    node: ['node:path', 'node:zlib', 'node:crypto', 'node:stream', 'node:module', 'node:os'],
    packages: ['chokidar', 're2js'],
  },
  {
    folder: 'connectors/lake',
    may: [...connectorMay, 'connectors/lake/parquet', 'connectors/lake/table'],
    types: contextTypes,
    node: ['node:path', 'node:zlib', 'node:crypto'],
  },
  // Rows in memory and the bytes of a file know nothing of sinks.
  { folder: 'connectors/lake/table', may: ['core/errors', 'core/bytes'] },
  {
    folder: 'connectors/lake/parquet',
    may: ['core/errors', 'core/bytes', 'core/record', 'connectors/lake/table'],
    node: ['node:zlib'],
  },
  // Nothing else of the lake may load the client of a store.
  {
    folder: 'connectors/lake/s3',
    may: [...connectorMay, 'connectors/lake'],
    types: contextTypes,
    packages: ['@aws-sdk/client-s3', '@aws-sdk/credential-provider-node'],
  },
  {
    folder: 'connectors/postgres',
    may: connectorMay,
    types: contextTypes,
    node: ['node:crypto', 'node:path', 'node:stream'],
    packages: ['pg', 'pg-copy-streams'],
  },
  {
    folder: 'connectors/http',
    may: [...connectorMay, 'core/signature'],
    types: contextTypes,
    node: ['node:buffer', 'node:crypto'],
  },
  {
    folder: 'connectors/http-poll',
    may: [...connectorMay, 'core/security/outgoing'],
    types: contextTypes,
    node: ['node:buffer', 'node:crypto', 'node:zlib'],
    packages: ['undici'],
  },
  {
    folder: 'connectors/bullmq',
    may: [...connectorMay, 'connectors/clients/bullmq'],
    types: contextTypes,
    packages: ['ioredis', 'pg'],
  },
  // Links to outside systems that several connectors share: they may not import one another.
  {
    folder: 'connectors/clients/bullmq',
    may: ['core/connector', 'core/errors'],
    packages: ['bullmq'],
  },
  {
    folder: 'connectors/nats',
    may: connectorMay,
    types: contextTypes,
    packages: ['@nats-io/jetstream', '@nats-io/transport-node'],
  },
  {
    folder: 'connectors/syslog',
    may: [...connectorMay, 'core/security', 'core/security/outgoing'],
    types: contextTypes,
    node: ['node:path'],
  },
  {
    folder: 'connectors/webhook',
    may: [...connectorMay, 'connectors/clients/bullmq', 'core/signature', 'core/security/outgoing'],
    types: contextTypes,
    node: ['node:crypto'],
    packages: ['undici'],
  },
  {
    folder: 'config',
    may: ['core/errors', 'core/connector', 'core/expression', 'core/pipeline', 'connectors/registry.ts'],
    types: ['core/runtime', 'core/engine'],
    node: ['node:path'],
    packages: ['ajv', 'jsonc-parser'],
  },
  {
    folder: 'hub',
    may: [
      'core/errors',
      'core/runtime',
      'core/runtime/node-world.ts',
      'core/telemetry',
      'core/record',
      'core/log',
      'core/engine',
      'core/engine/memory',
      'core/engine/embedded',
      'core/connector',
      'core/pipeline',
      'core/security',
      'core/kafka/server',
      'core/ingest',
      'core/admin',
      'connectors/registry.ts',
      'config',
    ],
    node: 'all',
    packages: ['re2js', 'undici'],
  },
  { folder: 'cli', may: ['hub'], node: 'all', packages: ['commander'] },
]

/** Only these folders may read the clock, chance, the environment or the process. */
export const outsideDoors = ['core/runtime/node', 'hub', 'cli']

/** The rule a file falls under; undefined when its folder has none. */
export function ruleOf(path: string): FolderRule | undefined {
  let longest: FolderRule | undefined
  for (const rule of folderRules) {
    const fits = path === rule.folder || path.startsWith(`${rule.folder}/`)
    if (fits && rule.folder.length > (longest?.folder.length ?? 0)) longest = rule
  }
  return longest
}
