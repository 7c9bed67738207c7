// tailrace run FILE…: runs pipelines until it is told to stop.

import type { Command } from 'commander'

export interface RunOptions {
  readonly data?: string
  readonly http: string
  readonly kafka: string
  readonly kafkaAdvertise?: string
  readonly kafkaSasl?: true
  readonly kafkaTlsCert?: string
  readonly kafkaTlsKey?: string
  readonly kafkaEvictOnClose?: true
  readonly ingest: string
  readonly ingestTlsCert?: string
  readonly ingestTlsKey?: string
  readonly ingestTlsClientCa?: string
  readonly allowHost: readonly string[]
  readonly engine: string
  readonly budget?: string
  readonly offsetsRetention?: string
  readonly logLevel?: string
}

export function addRun(program: Command): void {
  program
    .command('run')
    .description('run pipelines until SIGTERM or Ctrl-C')
    .argument('<files...>', 'pipeline files')
    .option('--data <dir>', 'data directory (default: .tailrace beside the first file)')
    .option('--kafka <host:port>', 'port for Kafka clients, or "off"; port 0 picks a free one', '127.0.0.1:9092')
    .option('--kafka-advertise <host:port>', 'where Kafka clients are told to connect (default: where they did)')
    .option('--kafka-sasl', 'Kafka clients have to log in; see `tailrace users`')
    .option('--kafka-tls-cert <file>', 'certificate (PEM, with its chain) for TLS on the Kafka port')
    .option('--kafka-tls-key <file>', 'its key (PEM); both are read again when they change')
    .option('--kafka-evict-on-close', 'members leave their groups as soon as their connection closes')
    .option('--http <host:port>', 'admin API and metrics, or "off"; port 0 picks a free one', '127.0.0.1:7070')
    .option(
      '--ingest <host:port>',
      'listener of HTTP sources, opened when there is one, or "off"; port 0 picks a free one',
      '127.0.0.1:7080',
    )
    .option('--ingest-tls-cert <file>', 'certificate (PEM, with its chain) for TLS on the listener of HTTP sources')
    .option('--ingest-tls-key <file>', 'its key (PEM); both are read again when they change')
    .option('--ingest-tls-client-ca <file>', 'authority (PEM) whose clients may show a certificate')
    .option(
      '--allow-host <name>',
      'another host name that admin API and HTTP sources answer for; may be repeated',
      (name: string, before: readonly string[]) => [...before, name],
      [] as readonly string[],
    )
    .option('--engine <url>', '"embedded:" keeps the log in the data directory, "memory:" keeps nothing', 'embedded:')
    .option('--budget <size>', 'what the log may take of the disk, such as 50GiB (default: all but a reserve)')
    .option(
      '--offsets-retention <duration>',
      'a consumer group that is empty for so long, such as 7d, is forgotten (default: never)',
    )
    .option('--log-level <level>', 'debug, info, warn or error (default: info, on a terminal warn)')
    .action(async (files: readonly string[], options: RunOptions) => {
      const { runHub } = await import('../run-hub.js')
      await runHub(files, options)
    })
}
