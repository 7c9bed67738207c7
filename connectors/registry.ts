// The connectors of this installation: the only shared file that a new connector edits. Declarations are light; each
// loads its implementation, and with it its client library, when an edge starts.

import type { ConnectorDeclaration } from '../core/connector/declaration.js'
import { bullmqSink, bullmqSource } from './bullmq/declaration.js'
import { fileSource } from './file/declaration.js'
import { httpSource } from './http/declaration.js'
import { httpPollSource } from './http-poll/declaration.js'
import { natsSink, natsSource } from './nats/declaration.js'
import { postgresCdcSource } from './postgres/cdc-declaration.js'
import { directorySink } from './lake/directory-declaration.js'
import { s3Sink } from './lake/s3/declaration.js'
import { postgresSink } from './postgres/sink-declaration.js'
import { syslogSource } from './syslog/declaration.js'
import { webhookSink } from './webhook/declaration.js'

export const declarations: readonly ConnectorDeclaration[] = [
  bullmqSink,
  bullmqSource,
  fileSource,
  directorySink,
  httpSource,
  httpPollSource,
  natsSink,
  natsSource,
  postgresCdcSource,
  postgresSink,
  s3Sink,
  syslogSource,
  webhookSink,
]
