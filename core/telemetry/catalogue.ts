// Every metric of the product, once: name, kind, labels, meaning. docs/metrics.md and /metrics are made from it.

export interface MetricDeclaration {
  readonly kind: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  readonly labels: readonly string[]
  readonly buckets?: readonly number[]
}

const seconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]

export const metrics = {
  tailrace_log_appends_total: { kind: 'counter', help: 'Appends that were acknowledged.', labels: [] },
  tailrace_log_append_bytes_total: {
    kind: 'counter',
    help: 'Bytes of record batches that were acknowledged.',
    labels: [],
  },
  tailrace_log_refused_total: { kind: 'counter', help: 'Appends that were refused, by error code.', labels: ['code'] },
  tailrace_journal_sync_seconds: {
    kind: 'histogram',
    help: 'Time from the write of a journal frame to the end of its sync.',
    labels: [],
    buckets: seconds,
  },
  tailrace_journal_used_files: {
    kind: 'gauge',
    help: 'Journal files that a checkpoint has not released yet.',
    labels: [],
  },
  tailrace_checkpoint_seconds: {
    kind: 'histogram',
    help: 'Duration of a checkpoint pass.',
    labels: [],
    buckets: [...seconds, 10, 30],
  },
  tailrace_recovery_seconds: { kind: 'gauge', help: 'Duration of the recovery at the last start.', labels: [] },
  tailrace_damaged_total: {
    kind: 'counter',
    help: 'Places on disk that could not be read and were set aside or refused.',
    labels: ['kind'],
  },
  tailrace_source_records_total: {
    kind: 'counter',
    help: 'Records a source has put into the log.',
    labels: ['pipeline', 'source'],
  },
  tailrace_source_bytes_total: {
    kind: 'counter',
    help: 'Bytes of values a source has put into the log.',
    labels: ['pipeline', 'source'],
  },
  tailrace_parse_failures_total: {
    kind: 'counter',
    help: 'Values that the parse step of a source could not parse, by what was done with them.',
    labels: ['pipeline', 'source', 'action'],
  },
  tailrace_sink_records_total: {
    kind: 'counter',
    help: 'Records that are durable in a sink.',
    labels: ['pipeline', 'sink'],
  },
  tailrace_sink_lag_records: {
    kind: 'gauge',
    help: 'Records in the log that the sink has not made durable.',
    labels: ['pipeline', 'sink'],
  },
  tailrace_transform_records_total: {
    kind: 'counter',
    help: 'Records that a transform has passed for good.',
    labels: ['pipeline', 'transform'],
  },
  tailrace_transform_emitted_total: {
    kind: 'counter',
    help: 'Records that a transform has put into the log.',
    labels: ['pipeline', 'transform'],
  },
  tailrace_transform_lag_records: {
    kind: 'gauge',
    help: 'Records in the log that a transform has not passed for good.',
    labels: ['pipeline', 'transform'],
  },
  tailrace_step_total: {
    kind: 'counter',
    help: 'What steps with state left out or let go: repeated, throttled, late, unmatched, evicted.',
    labels: ['pipeline', 'transform', 'step', 'what'],
  },
  tailrace_dead_letters_total: {
    kind: 'counter',
    help: 'Records that went to a dead-letter topic.',
    labels: ['pipeline', 'edge', 'code'],
  },
  tailrace_connector_restarts_total: {
    kind: 'counter',
    help: 'Restarts of a failed connector.',
    labels: ['pipeline', 'connector', 'code'],
  },
  tailrace_connector_up: {
    kind: 'gauge',
    help: '1 while the connector runs, 0 while it waits after a failure.',
    labels: ['pipeline', 'connector'],
  },
  tailrace_file_read_bytes_total: {
    kind: 'counter',
    help: 'Bytes a file source has read.',
    labels: ['pipeline', 'source'],
  },
  tailrace_file_emitted_bytes_total: {
    kind: 'counter',
    help: 'Bytes that a file source has made records of, line ends included.',
    labels: ['pipeline', 'source'],
  },
  tailrace_file_skipped_bytes_total: {
    kind: 'counter',
    help: 'Bytes that a file source has read and that gave no record, as settings say or after a loss.',
    labels: ['pipeline', 'source'],
  },
  tailrace_file_partial_bytes: {
    kind: 'gauge',
    help: 'Bytes that were read and belong to a line or group without an end so far.',
    labels: ['pipeline', 'source'],
  },
  tailrace_file_behind_bytes: {
    kind: 'gauge',
    help: 'Bytes that lie in watched files and were not read yet.',
    labels: ['pipeline', 'source'],
  },
  tailrace_file_open: { kind: 'gauge', help: 'Files a file source holds open.', labels: ['pipeline', 'source'] },
  tailrace_file_tracked: { kind: 'gauge', help: 'Files a file source knows.', labels: ['pipeline', 'source'] },
  tailrace_file_polled_directories: {
    kind: 'gauge',
    help: 'Directories that a file source looks at without notifications of the system, by choice or for want of watches.',
    labels: ['pipeline', 'source'],
  },
  tailrace_postgres_retained_wal_bytes: {
    kind: 'gauge',
    help: 'WAL that the server keeps for the replication slot of a source.',
    labels: ['pipeline', 'source', 'slot'],
  },
  tailrace_postgres_unconfirmed_wal_bytes: {
    kind: 'gauge',
    help: 'WAL that was written behind the position up to which a replication slot is confirmed.',
    labels: ['pipeline', 'source', 'slot'],
  },
  tailrace_file_lost_bytes_total: {
    kind: 'counter',
    help: 'Bytes that vanished before they could be read (truncated or removed while unread).',
    labels: ['pipeline', 'source'],
  },
  tailrace_postgres_snapshot_left_bytes: {
    kind: 'gauge',
    help: 'Bytes of tables that the initial snapshot of a source has not begun to read.',
    labels: ['pipeline', 'source'],
  },
  tailrace_postgres_snapshot_restarts_total: {
    kind: 'counter',
    help: 'Tables that were rewritten while their snapshot was read, and were read again from their first page.',
    labels: ['pipeline', 'source'],
  },
  tailrace_syslog_refused_total: {
    kind: 'counter',
    help: 'Messages and connections that a syslog source did not take, by reason.',
    labels: ['pipeline', 'source', 'reason'],
  },
  tailrace_lake_files_total: {
    kind: 'counter',
    help: 'Files a lake sink has published.',
    labels: ['pipeline', 'sink'],
  },
  tailrace_lake_bytes_total: {
    kind: 'counter',
    help: 'Bytes of the files a lake sink has published.',
    labels: ['pipeline', 'sink'],
  },
  tailrace_lake_merged_files_total: {
    kind: 'counter',
    help: 'Small files that a lake sink has merged into larger ones.',
    labels: ['pipeline', 'sink'],
  },
  tailrace_http_keys: {
    kind: 'gauge',
    help: 'Idempotency keys that an HTTP source remembers.',
    labels: ['pipeline', 'source'],
  },
  tailrace_http_repeated_total: {
    kind: 'counter',
    help: 'Requests to an HTTP source that came again under their key and were not taken twice.',
    labels: ['pipeline', 'source'],
  },
  tailrace_http_poll_requests_total: {
    kind: 'counter',
    help: 'Requests of http-poll sources, by what came of them: records (a page, with or without any), unchanged (304), or failed.',
    labels: ['pipeline', 'source', 'outcome'],
  },
  tailrace_ingest_connections: { kind: 'gauge', help: 'Connections to the listener of HTTP sources.', labels: [] },
  tailrace_ingest_requests_total: {
    kind: 'counter',
    help: 'Requests to HTTP sources that were answered, by status.',
    labels: ['status'],
  },
  tailrace_ingest_request_seconds: {
    kind: 'histogram',
    help: 'Time from the head of a request to the end of its answer, its body and the sync included.',
    labels: [],
    buckets: seconds,
  },
  tailrace_ingest_refused_total: {
    kind: 'counter',
    help: 'Connections of the listener of HTTP sources that were closed, or requests that were none, by reason.',
    labels: ['reason'],
  },
  tailrace_webhook_attempts_total: {
    kind: 'counter',
    help: 'Requests of webhook sinks, by what came of them: taken, failed, or gone (410).',
    labels: ['pipeline', 'sink', 'outcome'],
  },
  tailrace_webhook_parked_records: {
    kind: 'gauge',
    help: 'Records of a webhook sink that wait in the log for their next attempt.',
    labels: ['pipeline', 'sink'],
  },
  tailrace_kafka_connections: { kind: 'gauge', help: 'Connections of Kafka clients.', labels: [] },
  tailrace_kafka_requests_total: {
    kind: 'counter',
    help: 'Requests of Kafka clients that were answered, by API.',
    labels: ['api'],
  },
  tailrace_kafka_request_seconds: {
    kind: 'histogram',
    help: 'Time from the whole request to its answer, by API; held fetches and joins included.',
    labels: ['api'],
    buckets: seconds,
  },
  tailrace_kafka_received_bytes_total: { kind: 'counter', help: 'Bytes of requests of Kafka clients.', labels: [] },
  tailrace_kafka_sent_bytes_total: { kind: 'counter', help: 'Bytes of answers to Kafka clients.', labels: [] },
  tailrace_kafka_refused_total: {
    kind: 'counter',
    help: 'Connections that were closed because of what their client sent or did not do, by reason.',
    labels: ['reason'],
  },
} as const satisfies Record<string, MetricDeclaration>

export type MetricName = keyof typeof metrics
type NamesOf<Kind extends string> = {
  [N in MetricName]: (typeof metrics)[N]['kind'] extends Kind ? N : never
}[MetricName]
export type CounterName = NamesOf<'counter'>
export type GaugeName = NamesOf<'gauge'>
export type HistogramName = NamesOf<'histogram'>
