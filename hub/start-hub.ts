// The composition root of a running hub: everything is made here, in this order, and closed in the reverse:
// engine (which claims the data directory) → admin API, Kafka port and the listener of HTTP sources (so that a taken port
// is found before anything flows) → pipelines → the announcement of the API's address.

import type { AdminService } from '../core/admin/admin-service.js'
import type { HttpApi } from '../core/admin/http-api.js'
import type { KafkaPort } from '../core/admin/kafka-port-findings.js'
import type { Ingress, IngressUse } from '../core/connector/ingress.js'
import type { LogEngine } from '../core/engine/log-engine.js'
import type { IngestServer } from '../core/ingest/ingest-server.js'
import type { KafkaServer } from '../core/kafka/server/kafka-server.js'
import { noIngress } from '../core/connector/no-ingress.js'
import { readAppliedPlans } from '../core/pipeline/applied-plan.js'
import type { PipelinePlan } from '../core/pipeline/pipeline-plan.js'
import type { EdgeStatus } from '../core/pipeline/pipeline-status.js'
import { startPipelines, type RunningPipelines } from '../core/pipeline/supervisor.js'
import { nodeWorld } from '../core/runtime/node-world.js'
import type { World } from '../core/runtime/world.js'
import { ensureAdminToken } from '../core/security/admin-token.js'
import { listenAddressText, parseListenAddress, type ListenAddress } from '../core/security/listen-address.js'
import { TlsFiles } from '../core/security/tls-files.js'
import type { Users } from '../core/security/users.js'
import { silentLogger, type Logger } from '../core/telemetry/logger.js'
import { PrometheusRecorder } from '../core/telemetry/prometheus.js'
import { announceAdminApi, dataDirectoryOf, isDataDirectory, withdrawAdminApi } from './data-directory.js'
import { examineEdges } from './examine.js'
import { ingestPort, type IngestTlsPaths, ingressUsesOf, openIngest } from './ingest.js'
import { localAdmin } from './local-admin.js'
import { openEngineOf, type OpenedEngine } from './open-engine.js'
import { requirePlans } from './pipeline-files.js'
import { usersOf } from './users.js'
import { installedVersion } from './version.js'

export interface HubOptions {
  /** Pipeline files to run; none runs the log alone. */
  readonly files?: readonly string[]
  /** Default: `.tailrace` beside the first file, or in the working directory. */
  readonly dataDirectory?: string
  /** `HOST:PORT` of the admin API; without it no port is opened. */
  readonly http?: string
  /** `HOST:PORT` for Kafka clients; without it no port is opened. */
  readonly kafka?: string
  /** `HOST:PORT` that Kafka clients are told to connect to; the address that each of them dialled when left out. */
  readonly kafkaAdvertised?: string
  /** Whether Kafka clients have to log in; needed off loopback. */
  readonly kafkaSasl?: boolean
  /** PEM files for TLS on the port for Kafka clients: certificate with its chain, and key. Read again when they change. */
  readonly kafkaTls?: { readonly certificate: string; readonly key: string }
  /** Whether a member of a group is dropped at once when the connection that it joined by closes; by default its session decides. */
  readonly kafkaEvictOnClose?: boolean
  /** `HOST:PORT` of the listener of HTTP sources, opened when there is one; without it such a source fails. */
  readonly ingest?: string
  readonly ingestTls?: IngestTlsPaths
  /** Host names that the admin API and the listener of HTTP sources answer for besides the loopback ones. */
  readonly allowedHosts?: readonly string[]
  /** `embedded:` (the default) or `memory:`. */
  readonly engine?: string
  /** What the log may take of the disk before appends are refused. */
  readonly budgetBytes?: number
  /** After so long without members and commits a consumer group loses its offsets; it keeps them when left out. */
  readonly offsetsRetentionMs?: number
  /** Silent when left out. */
  readonly logger?: Logger
}

export interface Hub {
  readonly engine: LogEngine
  readonly admin: AdminService
  /** `HOST:PORT` with the port that was picked; undefined without an admin API. */
  readonly http: string | undefined
  /** `HOST:PORT` with the port that was picked; undefined without a port for Kafka clients. */
  readonly kafka: string | undefined
  /** `HOST:PORT` with the port that was picked; undefined when no HTTP source needs the listener. */
  readonly ingest: string | undefined
  /** Absolute. */
  readonly dataDirectory: string
  /** Whether this start made the data directory. */
  readonly isNew: boolean
  edges(): readonly EdgeStatus[]
  /** Aborted, with the error as its reason, when the log had to stop: close the hub and start anew. */
  readonly failed: AbortSignal
  /** Drains the pipelines within about 8 s and closes everything. Twice is fine. */
  close(): Promise<void>
}

/**
 * A hub in this process. Errors: invalid_pipeline, invalid_address, directory_owned, address_taken, kafka_address_taken,
 * kafka_needs_authentication, ingest_address_taken, ingest_needs_authentication, ingest_needs_tls, tls_unusable,
 * tls_refused, and what the log may not open.
 */
export async function startHub(options: HubOptions = {}): Promise<Hub> {
  const { files = [], engine: url = 'embedded:', budgetBytes, offsetsRetentionMs, logger = silentLogger } = options
  const dataDirectory = dataDirectoryOf(options.dataDirectory, files[0])
  const listen = addressOf(options.http)
  const kafkaListen = addressOf(options.kafka)
  const kafkaAdvertised = addressOf(options.kafkaAdvertised)
  const ingestListen = addressOf(options.ingest)
  const plans = files.length === 0 ? [] : await requirePlans(files, dataDirectory)
  const world = nodeWorld()
  const isNew = !(await isDataDirectory(world.files, dataDirectory))
  const recorder = new PrometheusRecorder()
  const opened = await openEngineOf({ url, dataDirectory, world, logger, recorder, budgetBytes, offsetsRetentionMs })
  const addresses = { listen, kafkaListen, kafkaAdvertised, ingestListen }
  const hub = new RunningHub({ options, isNew, ...addresses, plans, world, recorder, logger, dataDirectory, opened })
  try {
    await hub.start()
  } catch (error) {
    await hub.close()
    throw error
  }
  return hub
}

/** Sources that start well are there at once: who is told that the hub is ready may send. */
const mostServingMs = 2_000

function addressOf(text: string | undefined): ListenAddress | undefined {
  return text === undefined ? undefined : parseListenAddress(text)
}

interface HubParts {
  readonly options: HubOptions
  readonly isNew: boolean
  /** Of the admin API. */
  readonly listen: ListenAddress | undefined
  readonly kafkaListen: ListenAddress | undefined
  readonly kafkaAdvertised: ListenAddress | undefined
  readonly ingestListen: ListenAddress | undefined
  readonly plans: readonly PipelinePlan[]
  readonly world: World
  readonly recorder: PrometheusRecorder
  readonly logger: Logger
  readonly dataDirectory: string
  readonly opened: OpenedEngine
}

class RunningHub implements Hub {
  readonly engine: LogEngine
  readonly admin: AdminService
  readonly dataDirectory: string
  readonly #parts: HubParts
  readonly #users: Users
  readonly #ingressUses: readonly IngressUse[]
  readonly #ended = new AbortController()
  #api: HttpApi | undefined
  #kafka: KafkaServer | undefined
  #ingest: IngestServer | undefined
  #pipelines: RunningPipelines | undefined
  #closing: Promise<void> | undefined

  constructor(parts: HubParts) {
    const { opened, dataDirectory, world, plans } = parts
    const { engine } = opened
    this.#parts = parts
    this.#ingressUses = ingressUsesOf(plans)
    this.engine = engine
    this.#users = usersOf(engine, world.random)
    this.dataDirectory = dataDirectory
    this.admin = localAdmin({
      engine,
      dataDirectory,
      version: installedVersion(),
      limits: world.limits,
      clock: world.clock,
      users: this.#users,
      startedAtMs: world.clock.now(),
      edges: () => this.#pipelines?.status(),
      applied: () => readAppliedPlans(engine.state),
      plans: () => Promise.resolve(plans),
      kafka: () => this.#kafkaPort(),
      ingest: () => (this.#ingest === undefined ? undefined : ingestPort(this.#ingest, this.#ingressUses)),
      examine: () => {
        const { signal } = this.#ended
        return examineEdges({ plans, world, dataDirectory, hubId: engine.hubId, state: engine.state, signal })
      },
    })
  }

  get failed(): AbortSignal {
    return this.engine.failed
  }

  get isNew(): boolean {
    return this.#parts.isNew
  }

  get http(): string | undefined {
    return this.#api === undefined ? undefined : listenAddressText(this.#api.address)
  }

  get kafka(): string | undefined {
    return this.#kafka === undefined ? undefined : listenAddressText(this.#kafka.address)
  }

  get ingest(): string | undefined {
    return this.#ingest === undefined ? undefined : listenAddressText(this.#ingest.address)
  }

  edges(): readonly EdgeStatus[] {
    return this.#pipelines?.status() ?? []
  }

  /** Once. */
  async start(): Promise<void> {
    const { listen, kafkaListen, plans, world, recorder, logger, dataDirectory } = this.#parts
    const { engine } = this
    // A hub that was killed could not take its own back.
    await withdrawAdminApi(world.files, dataDirectory)
    if (listen !== undefined) this.#api = await this.#startApi(listen)
    if (kafkaListen !== undefined) this.#kafka = await this.#startKafka(kafkaListen)
    const ingress = await this.#startIngest()
    this.#pipelines = await startPipelines({
      plans,
      engine,
      world,
      logger,
      recorder,
      dataDirectory,
      openFiles: descriptorsForPipelines(world.limits.openFiles),
      ingress,
    })
    await this.#ingest?.serving(mostServingMs)
    if (this.http !== undefined) await announceAdminApi(world.files, dataDirectory, this.http)
  }

  close(): Promise<void> {
    this.#closing ??= this.#closeOnce()
    return this.#closing
  }

  async #closeOnce(): Promise<void> {
    const { world, dataDirectory } = this.#parts
    try {
      this.#ingest?.drain()
      await Promise.all([this.#pipelines?.drain(), this.#kafka?.close()])
      await this.#ingest?.close()
      this.#ended.abort()
      if (this.#api !== undefined) await withdrawAdminApi(world.files, dataDirectory)
    } finally {
      await this.#ingest?.close()
      await this.#api?.close()
      await this.#parts.opened.close()
    }
  }

  async #startKafka(listen: ListenAddress): Promise<KafkaServer> {
    const { kafkaAdvertised: advertised, world, recorder, logger, dataDirectory } = this.#parts
    const { startKafkaServer } = await import('../core/kafka/server/kafka-server.js')
    const { kafkaSasl, offsetsRetentionMs, kafkaEvictOnClose: evictsOnClose } = this.#parts.options
    const groups = { offsetsRetentionMs, evictsOnClose }
    const settings = { defaultPartitions: 1, autoCreate: true, logDirectory: dataDirectory, ...groups }
    const users = kafkaSasl === true ? this.#users : undefined
    if (users?.names().length === 0)
      logger.warn('nobody can log in to the Kafka port: add users with `tailrace users add`')
    const options = { engine: this.engine, world, logger, recorder, listen, advertised, settings }
    return startKafkaServer({ ...options, users, tls: this.#kafkaTls() })
  }

  /** Nothing listens when nothing needs it. */
  async #startIngest(): Promise<Ingress> {
    const { options, ingestListen: listen, world, logger, recorder } = this.#parts
    const uses = this.#ingressUses
    if (listen === undefined || uses.length === 0) return noIngress
    const { allowedHosts = [], ingestTls: tls } = options
    this.#ingest = await openIngest({ listen, uses, allowedHosts, tls, world, logger, recorder })
    return this.#ingest
  }

  #kafkaPort(): KafkaPort | 'off' {
    if (this.#kafka === undefined) return 'off'
    const { kafkaSasl, kafkaTls } = this.#parts.options
    const userCount = kafkaSasl === true ? this.#users.names().length : undefined
    const { address: listen, connectionCount } = this.#kafka
    return { listen, hasTls: kafkaTls !== undefined, userCount, connectionCount }
  }

  #kafkaTls(): TlsFiles | undefined {
    const { options, world, logger } = this.#parts
    if (options.kafkaTls === undefined) return undefined
    const { certificate: certificatePath, key: keyPath } = options.kafkaTls
    const { files, clock } = world
    return new TlsFiles({
      files,
      clock,
      certificatePath,
      keyPath,
      renewed(error) {
        if (error === undefined) logger.info('the certificate of the Kafka port was renewed', { certificatePath })
        else logger.error('a renewed certificate is refused; the one before stays', { error, certificatePath })
      },
    })
  }

  async #startApi(listen: ListenAddress): Promise<HttpApi> {
    const { options, world, recorder, logger, dataDirectory } = this.#parts
    const { startHttpApi } = await import('../core/admin/http-api.js')
    return startHttpApi({
      admin: this.admin,
      metrics: () => recorder.expose(),
      listen,
      allowedHosts: options.allowedHosts ?? [],
      token: await ensureAdminToken(world.files, world.random, dataDirectory),
      version: installedVersion(),
      logger,
    })
  }
}

/** Half of what the process may open; the other half is for the log's segments, connections and the run time itself. */
function descriptorsForPipelines(openFiles: number): number {
  return Math.floor(openFiles / 2)
}
