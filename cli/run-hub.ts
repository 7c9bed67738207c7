// The life of `tailrace run`: start, say that it is ready, show what flows, stop on a signal or when the log had to.

import { relative } from 'node:path'
import type { Logger } from '../hub/admin-vocabulary.js'
import { budgetFromText, logLevelFromText, offsetsRetentionFromText, standardLogger } from '../hub/run-options.js'
import { usageError } from '../hub/failure.js'
import { startHub, type Hub, type HubOptions } from '../hub/start-hub.js'
import type { RunOptions } from './commands/run.js'
import { LiveView } from './live-view.js'
import { print } from './output.js'
import { terminalLogger } from './terminal-log.js'

/** A drain has 10 s; after this the process ends whatever hangs. */
const longestStopMs = 10_000

/** npm, npx and timeout pass on a signal that the process group has already: so soon, it is the same one. */
const sameSignalMs = 300

/** Resolves when the hub has stopped because it was told to; rejects with what made it stop otherwise. */
export async function runHub(files: readonly string[], options: RunOptions): Promise<void> {
  const onTerminal = process.stderr.isTTY
  const view = onTerminal ? new LiveView(process.stderr) : undefined
  const level = logLevelFromText(options.logLevel ?? (onTerminal ? 'warn' : 'info'))
  const logger = view === undefined ? standardLogger(level) : terminalLogger(level, (line) => view.printAbove(line))
  const stop = stopSignal(logger)
  const hub = await startHub({
    files,
    dataDirectory: options.data,
    http: options.http === 'off' ? undefined : options.http,
    kafka: options.kafka === 'off' ? undefined : options.kafka,
    kafkaAdvertised: options.kafkaAdvertise,
    kafkaSasl: options.kafkaSasl,
    kafkaTls: kafkaTlsOf(options),
    kafkaEvictOnClose: options.kafkaEvictOnClose,
    ingest: options.ingest === 'off' ? undefined : options.ingest,
    ingestTls: ingestTlsOf(options),
    allowedHosts: options.allowHost,
    engine: options.engine,
    budgetBytes: budgetFromText(options.budget),
    offsetsRetentionMs: offsetsRetentionFromText(options.offsetsRetention),
    logger,
  })
  try {
    if (hub.isNew) sayNewDirectory(hub, logger, view)
    announce(hub)
    logger.info('ready', {
      hubId: hub.engine.hubId,
      kafka: hub.kafka,
      http: hub.http,
      ingest: hub.ingest,
      dataDirectory: hub.dataDirectory,
    })
    view?.show(() => hub.edges())
    await Promise.race([aborted(stop), aborted(hub.failed)])
    if (hub.failed.aborted) logger.error('the log had to stop', { error: hub.failed.reason })
  } finally {
    await close(hub, logger, view)
  }
  if (hub.failed.aborted) throw hub.failed.reason
}

function kafkaTlsOf({ kafkaTlsCert, kafkaTlsKey }: RunOptions): HubOptions['kafkaTls'] {
  if (kafkaTlsCert === undefined && kafkaTlsKey === undefined) return undefined
  if (kafkaTlsCert !== undefined && kafkaTlsKey !== undefined) return { certificate: kafkaTlsCert, key: kafkaTlsKey }
  throw usageError('--kafka-tls-cert and --kafka-tls-key belong together')
}

function ingestTlsOf({ ingestTlsCert, ingestTlsKey, ingestTlsClientCa }: RunOptions): HubOptions['ingestTls'] {
  if (ingestTlsCert !== undefined && ingestTlsKey !== undefined) {
    const clientAuthority = ingestTlsClientCa === undefined ? {} : { clientAuthority: ingestTlsClientCa }
    return { certificate: ingestTlsCert, key: ingestTlsKey, ...clientAuthority }
  }
  if (ingestTlsCert === undefined && ingestTlsKey === undefined && ingestTlsClientCa === undefined) return undefined
  throw usageError('--ingest-tls-client-ca needs --ingest-tls-cert and --ingest-tls-key, which belong together')
}

/** A wrong --data would otherwise start from nothing in silence. */
function sayNewDirectory({ dataDirectory }: Hub, logger: Logger, view: LiveView | undefined): void {
  if (view === undefined) logger.info('a new data directory was made', { dataDirectory })
  else view.printAbove(`a new data directory was made: ${dataDirectory}`)
}

/** The one line on standard output that says where everything is. */
function announce({ kafka, http, ingest, dataDirectory }: Hub): void {
  const shown = relative('.', dataDirectory)
  const data = shown === '' || shown.startsWith('..') ? dataDirectory : `./${shown}`
  const ports = { kafka, http, ingest }
  const shownPorts = Object.entries(ports).flatMap(([name, at]) => (at === undefined ? [] : [`${name}=${at}`]))
  print(['tailrace ready', ...shownPorts, `data=${data}`].join(' '))
}

/** Aborted by the first SIGTERM or SIGINT; another one ends the process at once. */
function stopSignal(logger: Logger): AbortSignal {
  const stop = new AbortController()
  let stoppedAtMs = 0
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (stop.signal.aborted) {
        if (performance.now() - stoppedAtMs >= sameSignalMs) process.exit(1)
        return
      }
      stoppedAtMs = performance.now()
      logger.info('stopping; a second signal ends at once', { signal })
      stop.abort()
    })
  }
  return stop.signal
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}

async function close(hub: Hub, logger: Logger, view: LiveView | undefined): Promise<void> {
  const watchdog = setTimeout(() => {
    logger.error('stopping took too long; what was not durable is repeated at the next start')
    process.exit(1)
  }, longestStopMs)
  watchdog.unref()
  try {
    await hub.close()
    logger.info('stopped')
  } finally {
    clearTimeout(watchdog)
    view?.end()
  }
}
