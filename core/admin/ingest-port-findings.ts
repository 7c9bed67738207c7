// The listener of HTTP sources: where it listens, and who may send.

import { isLoopback, type ListenAddress, listenAddressText } from '../security/listen-address.js'
import type { DoctorFinding } from './admin-service.js'

/** The listener of a running hub, as it is now. */
export interface IngestPort {
  /** With the port that was picked. */
  readonly listen: ListenAddress
  readonly hasTls: boolean
  readonly paths: readonly string[]
  readonly connectionCount: number
}

const subject = 'ingest listener'

/** Undefined where no hub runs, or where no source needs the listener. */
export function ingestPortFindings(port: IngestPort | undefined): readonly DoctorFinding[] {
  if (port === undefined) return []
  const { listen, hasTls, paths, connectionCount } = port
  const connections = connectionCount === 1 ? '1 connection is open' : `${connectionCount} connections are open`
  const at = `listens on ${listenAddressText(listen)} ${hasTls ? 'with TLS' : 'without TLS'}`
  const message = `${at}, takes ${paths.join(', ')}, ${connections}`
  if (hasTls || isLoopback(listen.host)) return [{ subject, level: 'good', message, hint: undefined }]
  const hint =
    'Bodies and credentials cross the network as they are: give --ingest-tls-cert and --ingest-tls-key, unless something in front does TLS.'
  return [{ subject, level: 'warning', message, hint }]
}
