// The listener of HTTP sources, opened only when a pipeline has one.

import type { IngestPort } from '../core/admin/ingest-port-findings.js'
import type { IngressUse } from '../core/connector/ingress.js'
import type { IngestServer } from '../core/ingest/ingest-server.js'
import type { PipelinePlan } from '../core/pipeline/pipeline-plan.js'
import type { World } from '../core/runtime/world.js'
import type { ListenAddress } from '../core/security/listen-address.js'
import { TlsFiles } from '../core/security/tls-files.js'
import type { Logger } from '../core/telemetry/logger.js'
import type { Recorder } from '../core/telemetry/recorder.js'

/** PEM files for TLS; certificate and key are read again when they change. */
export interface IngestTlsPaths {
  readonly certificate: string
  readonly key: string
  /** Of the authority whose clients may show certificates. */
  readonly clientAuthority?: string
}

export interface IngestParts {
  readonly listen: ListenAddress
  readonly uses: readonly IngressUse[]
  readonly allowedHosts: readonly string[]
  readonly tls: IngestTlsPaths | undefined
  readonly world: World
  readonly logger: Logger
  readonly recorder: Recorder
}

/** What the sources of the plans register on the listener; none leaves it closed. */
export function ingressUsesOf(plans: readonly PipelinePlan[]): readonly IngressUse[] {
  return plans.flatMap(({ sources }) =>
    sources.flatMap(({ declaration, settings }) =>
      declaration.role === 'push-source' ? (declaration.ingress?.(settings as never) ?? []) : [],
    ),
  )
}

/** Errors: those of `startIngest`. */
export async function openIngest(parts: IngestParts): Promise<IngestServer> {
  const { tls, world, logger, ...rest } = parts
  const { startIngest } = await import('../core/ingest/ingest-server.js')
  const options = { ...rest, clock: world.clock, logger: logger.child({ listener: 'ingest' }) }
  if (tls === undefined) return startIngest(options)
  const { IngestTls } = await import('../core/ingest/tls.js')
  const identity = identityFiles(tls, world, logger)
  const clientAuthorityPath = tls.clientAuthority
  return startIngest({ ...options, tls: new IngestTls({ identity, files: world.files, clientAuthorityPath }) })
}

/** As `doctor` shows it. */
export function ingestPort(server: IngestServer, uses: readonly IngressUse[]): IngestPort {
  const { address: listen, hasTls, connectionCount } = server
  return { listen, hasTls, connectionCount, paths: uses.map(({ path }) => path) }
}

function identityFiles({ certificate, key }: IngestTlsPaths, { files, clock }: World, logger: Logger): TlsFiles {
  return new TlsFiles({
    files,
    clock,
    certificatePath: certificate,
    keyPath: key,
    renewed(error) {
      if (error === undefined) logger.info('the certificate of the ingest listener was renewed', { certificate })
      else logger.error('a renewed certificate is refused; the one before stays', { error, certificate })
    },
  })
}
