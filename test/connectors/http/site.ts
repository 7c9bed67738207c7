// An http source as it runs: behind a real listener on loopback, in a pipeline, on the engine in memory.

import { request as httpRequest } from 'node:http'
import { httpSource } from '../../../connectors/http/declaration.js'
import { readSettings } from '../../../core/connector/fields.js'
import { Secret } from '../../../core/connector/secret.js'
import type { LogEngine } from '../../../core/engine/log-engine.js'
import { openMemoryEngine } from '../../../core/engine/memory/memory-engine.js'
import { type IngestServer, startIngest } from '../../../core/ingest/ingest-server.js'
import { defaultLimits, type IngestLimits } from '../../../core/ingest/limits.js'
import type { PipelinePlan } from '../../../core/pipeline/pipeline-plan.js'
import { type RunningPipelines, startPipelines } from '../../../core/pipeline/supervisor.js'
import { nodeWorld } from '../../../core/runtime/node-world.js'
import { silentLogger } from '../../../core/telemetry/logger.js'
import { silentRecorder } from '../../../core/telemetry/recorder.js'
import { type LoggedRecord, readTopic } from '../../core/pipeline/rig.js'

export interface SiteOptions {
  /** Settings of the source, as in a file but with secrets as such. */
  readonly source?: Readonly<Record<string, unknown>>
  readonly limits?: Partial<IngestLimits>
  readonly deadLetter?: string
  /** Another engine around the one that the site opens. */
  readonly wrap?: (engine: LogEngine) => LogEngine
  readonly allowedHosts?: readonly string[]
  /** Whether the source has to serve before the site is there; true when left out. */
  readonly waits?: boolean
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
}

export interface Sending {
  readonly method?: string
  readonly path?: string
  readonly headers?: Readonly<Record<string, string | string[]>>
  readonly body?: string | Uint8Array
}

export const secret = (text: string): Secret => new Secret(text)

export class HttpSite {
  readonly engine: LogEngine
  readonly ingest: IngestServer
  readonly pipelines: RunningPipelines

  private constructor(engine: LogEngine, ingest: IngestServer, pipelines: RunningPipelines) {
    this.engine = engine
    this.ingest = ingest
    this.pipelines = pipelines
  }

  static async open(options: SiteOptions = {}): Promise<HttpSite> {
    const world = nodeWorld()
    const opened = await openMemoryEngine({ clock: world.clock, random: world.random, logger: silentLogger })
    return HttpSite.on(opened, options)
  }

  /** On an engine that another site may have used before. */
  static async on(opened: LogEngine, options: SiteOptions = {}): Promise<HttpSite> {
    const world = nodeWorld()
    const engine = options.wrap?.(opened) ?? opened
    const said = { logger: silentLogger, recorder: silentRecorder }
    const plan = planOf(options)
    const [source] = plan.sources
    const uses = [httpSource.role === 'push-source' ? httpSource.ingress!(source!.settings as never) : []].flat()
    const ingest = await startIngest({
      listen: { host: '127.0.0.1', port: 0 },
      uses,
      allowedHosts: options.allowedHosts ?? [],
      clock: world.clock,
      limits: { ...defaultLimits, ...options.limits },
      ...said,
    })
    const surroundings = { ...said, dataDirectory: '/nowhere/data', openFiles: 64, ingress: ingest }
    const pipelines = await startPipelines({ plans: [plan], engine, world, ...surroundings })
    const site = new HttpSite(opened, ingest, pipelines)
    if (options.waits !== false) await site.isServing(uses[0]!.path)
    return site
  }

  get port(): number {
    return this.ingest.address.port
  }

  /** A request by node's own client, which sends what it is told. */
  send({ method = 'POST', path = '/in', headers = {}, body = '' }: Sending): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const request = httpRequest(
        { host: '127.0.0.1', port: this.port, method, path, headers, agent: false },
        (response) => {
          const chunks: Buffer[] = []
          response.on('data', (chunk: Buffer) => chunks.push(chunk))
          response.on('end', () => {
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers as Record<string, string>,
              text: Buffer.concat(chunks).toString(),
            })
          })
        },
      )
      request.on('error', reject)
      request.end(body)
    })
  }

  json(body: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.send({ body, headers: { 'content-type': 'application/json', ...headers } })
  }

  async records(topic = 'taken'): Promise<readonly LoggedRecord[]> {
    return readTopic(this.engine, topic)
  }

  async values(topic = 'taken'): Promise<readonly (string | null)[]> {
    return (await this.records(topic)).map(({ value }) => value)
  }

  /** Leaves the engine open. */
  async stop(): Promise<void> {
    this.ingest.drain()
    await this.pipelines.drain()
    await this.ingest.close()
  }

  async close(): Promise<void> {
    await this.stop()
    await this.engine.close()
  }

  /** Until its source is there, a path is answered with 503. */
  private async isServing(path: string): Promise<void> {
    for (let turn = 0; turn < 1_000; turn++) {
      const { status } = await this.send({ path, method: 'OPTIONS' })
      if (status !== 503) return
    }
    throw new Error(`nothing serves ${path}: ${JSON.stringify(this.pipelines.status())}`)
  }
}

function planOf({ source = {}, deadLetter }: SiteOptions): PipelinePlan {
  const topics = ['taken', ...(deadLetter === undefined ? [] : [deadLetter])]
  return {
    name: 'test',
    file: '/etc/pipeline.json',
    baseDirectory: '/etc',
    topics: topics.map((name) => ({ name, partitions: 1, settings: {}, declared: true })),
    defaultTopic: { partitions: 1, settings: {} },
    transforms: [],
    sources: [
      {
        id: 'in',
        declaration: httpSource,
        settings: readSettings(httpSource.fields, { path: '/in', ...source }),
        to: 'taken',
        topic: 'taken',
        topics: ['taken'],
        parse: undefined,
        key: undefined,
        steps: [],
        onError: { deadLetter, maxAttempts: 1 },
      },
    ],
    sinks: [],
    document: {},
  }
}
