// What is well and what is not, from what the hub knows of itself. Connectors add what they see (`examine`).

import type { LogEngine, EngineStatus } from '../engine/log-engine.js'
import type { EdgeStatus } from '../pipeline/pipeline-status.js'
import type { Clock } from '../runtime/clock.js'
import type { Limits } from '../runtime/limits.js'
import type { DoctorFinding } from './admin-service.js'
import { bytesText } from './bytes-text.js'
import { listGroups } from './group-views.js'
import { type IngestPort, ingestPortFindings } from './ingest-port-findings.js'
import { type KafkaPort, kafkaPortFindings } from './kafka-port-findings.js'
import { transactionFindings } from './transaction-findings.js'

/** Below this much free space a burst fills the disk before somebody looks. */
const lowBytes = 1024 ** 3
/** Segments, sockets and watched files share the descriptors; Linux grants 1024 where nobody raised them. */
const fewDescriptors = 1024

export interface DoctorInputs {
  readonly engine: LogEngine
  readonly dataDirectory: string
  readonly limits: Limits
  readonly clock: Clock
  readonly edges: readonly EdgeStatus[]
  /** 'off' of a hub without the port, undefined where no hub runs. */
  readonly kafka: KafkaPort | 'off' | undefined
  /** Undefined where no hub runs, or where no source needs the listener. */
  readonly ingest: IngestPort | undefined
}

/** Every finding, good ones too, so that one sees what was looked at. */
export async function findings(inputs: DoctorInputs): Promise<readonly DoctorFinding[]> {
  const { engine, dataDirectory, limits, clock, edges, kafka, ingest } = inputs
  const status = await engine.status()
  return [
    directoryFinding(engine, dataDirectory, status),
    diskFinding(status),
    ...damageFindings(status),
    ...durabilityFindings(engine),
    descriptorFinding(limits),
    ...kafkaPortFindings(kafka),
    ...ingestPortFindings(ingest),
    ...(await transactionFindings(engine, clock.now())),
    ...(edges.length > 0 ? edges.map(edgeFinding) : await restingFindings(engine)),
  ]
}

const good = (subject: string, message: string): DoctorFinding => ({ subject, level: 'good', message, hint: undefined })

function directoryFinding({ hubId }: LogEngine, dataDirectory: string, status: EngineStatus): DoctorFinding {
  const recovery = `recovery took ${Math.round(status.recoveryMs)} ms`
  return good('data directory', `${dataDirectory} of hub ${hubId}, ${bytesText(status.usedBytes)} used; ${recovery}`)
}

function diskFinding({ freeBytes, refusing }: EngineStatus): DoctorFinding {
  const subject = 'disk'
  if (refusing !== undefined) {
    return { subject, level: 'problem', message: `appends are refused: ${refusing.message}`, hint: refusing.hint }
  }
  if (!Number.isFinite(freeBytes)) return good(subject, 'the log lies in memory')
  const message = `${bytesText(freeBytes)} free`
  if (freeBytes >= lowBytes) return good(subject, message)
  return { subject, level: 'warning', message, hint: 'Free space, or lower the retention of topics.' }
}

function damageFindings({ damage }: EngineStatus): readonly DoctorFinding[] {
  if (damage.length === 0) return [good('damage', 'none found since the start')]
  return damage.map(({ message, hint }) => ({ subject: 'damage', level: 'problem', message, hint }))
}

function durabilityFindings(engine: LogEngine): readonly DoctorFinding[] {
  const topics = engine.topics.list()
  const written = topics.filter(({ settings }) => settings.durability === 'written')
  const warnings = written.map(
    ({ name, settings }): DoctorFinding => ({
      subject: `topic ${name}`,
      level: 'warning',
      message: `durability "written": a power failure may lose what was acknowledged in the last ${settings.flushMs} ms`,
      hint: 'Say "durability": "fsync" in the pipeline file if that is not what you want.',
    }),
  )
  return [
    good('topics', `${topics.length}, of which ${topics.length - written.length} acknowledge after fsync`),
    ...warnings,
  ]
}

function descriptorFinding({ openFiles }: Limits): DoctorFinding {
  const message = `${openFiles} may be open at once`
  if (openFiles > fewDescriptors) return good('descriptors', message)
  const hint = 'Raise the limit (ulimit -n 65536, or LimitNOFILE of the service).'
  return { subject: 'descriptors', level: 'warning', message, hint }
}

function edgeFinding(edge: EdgeStatus): DoctorFinding {
  const subject = `${edge.role === 'push-source' ? 'source' : edge.role} ${edge.pipeline}.${edge.id}`
  const lag = edge.lagRecords === undefined ? '' : `, ${edge.lagRecords} records behind`
  const dead = edge.deadLetterCount === 0 ? '' : `, ${edge.deadLetterCount} dead letters`
  const message = `${edge.state}, ${edge.recordCount} records since the start${lag}${dead}`
  if (edge.error === undefined) return good(subject, message)
  const level = edge.state === 'failed' ? 'problem' : 'warning'
  return { subject, level, message: `${message}: ${edge.error.message}`, hint: edge.error.hint }
}

/** How far the sinks got, where no hub runs that could say more. */
async function restingFindings(engine: LogEngine): Promise<readonly DoctorFinding[]> {
  const groups = await listGroups(engine)
  return groups.map(({ group, lagRecords = 0 }) => good(`group ${group}`, `not running, ${lagRecords} records behind`))
}
