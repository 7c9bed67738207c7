// A transaction coordinator under test on a port of ours, and the words its behaviours are written in.

import type { ProducerIdentity } from '../../../core/engine/producer-service.js'
import type { TransactionIdentity } from '../../../core/engine/transaction-service.js'
import { TailraceError } from '../../../core/errors/tailrace-error.js'
import type { Logger, LogFields } from '../../../core/telemetry/logger.js'
import { TransactionCoordinator } from '../../../core/transactions/transaction-coordinator.js'
import { ManualClock } from '../../support/manual-clock.js'
import { FakePort } from './fake-port.js'

export const timeoutMs = 60_000
export const hourMs = 60 * 60_000
export const weekMs = 7 * 24 * hourMs
export const t0 = { topic: 't', partition: 0 }
export const t1 = { topic: 't', partition: 1 }
export const u0 = { topic: 'u', partition: 0 }

/** The commit of a member whose generation nobody checks here. */
export function commitOf(group: string, offset: number, of = t0) {
  return { group, memberId: 'm', generation: 1, offsets: [{ ...of, offset, leaderEpoch: 0, metadata: `${offset}` }] }
}

export interface LogLine {
  readonly level: string
  readonly event: string
  readonly fields: LogFields | undefined
}

function recordingLogger(lines: LogLine[]): Logger {
  const at = (level: string) => (event: string, fields?: LogFields) => {
    lines.push({ level, event, fields })
  }
  const logger: Logger = {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: () => logger,
  }
  return logger
}

export class CoordinatorUnderTest {
  readonly clock = new ManualClock()
  readonly lines: LogLine[] = []
  port = new FakePort()
  coordinator: TransactionCoordinator

  constructor() {
    this.coordinator = this.open()
  }

  /** A coordinator that reads what the port kept. */
  open(port = this.port): TransactionCoordinator {
    const coordinator = new TransactionCoordinator({ port, clock: this.clock, logger: recordingLogger(this.lines) })
    for (const { key, value } of port.records) coordinator.replay(key, value)
    port.coordinator = coordinator
    coordinator.start()
    return coordinator
  }

  async restart(): Promise<void> {
    await this.coordinator.close()
    this.crash()
  }

  /** Kills the process: nobody is answered any more, and what was not taken is lost. */
  crash(): void {
    this.port.coordinator = undefined
    this.port.isSlow = true
    this.port = new FakePort(this.port)
    this.coordinator = this.open()
  }

  async producer(transactionalId = 'x'): Promise<TransactionIdentity> {
    return { transactionalId, ...(await this.coordinator.initialize({ transactionalId, timeoutMs })) }
  }

  /** What a producer says to be asked again after an error. */
  async again({ transactionalId, producerId, epoch }: TransactionIdentity): Promise<ProducerIdentity> {
    return this.coordinator.initialize({ transactionalId, timeoutMs, known: { producerId, epoch } })
  }

  /** A producer whose open transaction has named partition 0 of topic t and group g. */
  async ongoing(transactionalId = 'x'): Promise<TransactionIdentity> {
    const producer = await this.producer(transactionalId)
    await this.coordinator.addPartitions(producer, [t0])
    await this.coordinator.addGroup(producer, 'g')
    return producer
  }

  /** Why a batch is refused there; undefined when it is taken. */
  refusalCode(producer: ProducerIdentity, of = t0): string | undefined {
    const topicId = this.port.topics.get(of.topic) ?? 'none'
    return this.coordinator.refusal(producer, { ...of, topicId })?.code
  }

  stateOf(transactionalId = 'x'): string {
    return this.coordinator.describe(transactionalId).state
  }

  /** How many of these the log was told. */
  logged(event: string): number {
    return this.lines.filter((line) => line.event === event).length
  }
}

/** The code that a call is refused with; `none` when it is not. */
export async function codeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call
    return 'none'
  } catch (error) {
    if (error instanceof TailraceError) return error.code
    throw error
  }
}
