// The port for Kafka clients: where it listens, who may come in, and how many are there.

import { isLoopback, type ListenAddress, listenAddressText } from '../security/listen-address.js'
import type { DoctorFinding } from './admin-service.js'

/** The port of a running hub, as it is now. */
export interface KafkaPort {
  /** With the port that was picked. */
  readonly listen: ListenAddress
  readonly hasTls: boolean
  /** How many users may log in; undefined when nobody has to. */
  readonly userCount: number | undefined
  readonly connectionCount: number
}

const subject = 'kafka port'

/** 'off' of a hub without the port; undefined where no hub runs, of which nothing is known. */
export function kafkaPortFindings(port: KafkaPort | 'off' | undefined): readonly DoctorFinding[] {
  if (port === undefined) return []
  if (port === 'off') return [{ subject, level: 'good', message: 'off', hint: undefined }]
  const { listen, hasTls, userCount, connectionCount } = port
  const tls = hasTls ? 'with TLS' : 'without TLS'
  const login = userCount === undefined ? 'nobody has to log in' : `${users(userCount)} may log in`
  const connections = connectionCount === 1 ? '1 connection is open' : `${connectionCount} connections are open`
  const message = `listens on ${listenAddressText(listen)} ${tls}, ${login}, ${connections}`
  if (userCount === 0) {
    return [
      { subject, level: 'warning', message, hint: 'Add users with `tailrace users add`: until then all are refused.' },
    ]
  }
  if (!hasTls && !isLoopback(listen.host)) {
    const hint =
      'Records cross the network as they are: give --kafka-tls-cert and --kafka-tls-key, unless it is a private one.'
    return [{ subject, level: 'warning', message, hint }]
  }
  return [{ subject, level: 'good', message, hint: undefined }]
}

function users(count: number): string {
  return count === 1 ? '1 user' : `${count} users`
}
