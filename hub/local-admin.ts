// The admin service on an engine in this process: of a running hub, or of a data directory that was opened to look.

import type { AppliedPipeline } from '../config/difference.js'
import { printable } from '../config/print.js'
import type { AdminService, DoctorFinding, HubStatus } from '../core/admin/admin-service.js'
import { findings } from '../core/admin/doctor.js'
import { errorView } from '../core/admin/error-response.js'
import { groupDetails, listGroups, resetGroup } from '../core/admin/group-views.js'
import type { IngestPort } from '../core/admin/ingest-port-findings.js'
import type { KafkaPort } from '../core/admin/kafka-port-findings.js'
import { readinessOf } from '../core/admin/readiness.js'
import { tapTopic } from '../core/admin/tap.js'
import { listTopics, topicDetails } from '../core/admin/topic-views.js'
import type { LogEngine } from '../core/engine/log-engine.js'
import type { PipelinePlan } from '../core/pipeline/pipeline-plan.js'
import type { EdgeStatus } from '../core/pipeline/pipeline-status.js'
import { replayDeadLetters } from '../core/pipeline/replay/replay.js'
import type { Clock } from '../core/runtime/clock.js'
import type { Limits } from '../core/runtime/limits.js'
import type { Users } from '../core/security/users.js'

export interface LocalAdminOptions {
  readonly engine: LogEngine
  /** Absolute. */
  readonly dataDirectory: string
  readonly version: string
  readonly limits: Limits
  readonly clock: Clock
  readonly users: Users
  /** Undefined when no pipelines run. */
  readonly startedAtMs: number | undefined
  /** Undefined while the pipelines start. */
  edges(): readonly EdgeStatus[] | undefined
  applied(): readonly AppliedPipeline[]
  /** As they run, or ran last. */
  plans(): Promise<readonly PipelinePlan[]>
  /** The port for Kafka clients; left out where no hub runs. */
  kafka?(): KafkaPort | 'off'
  /** The listener of HTTP sources; left out where no hub runs. */
  ingest?(): IngestPort | undefined
  /** What the connectors themselves see. */
  examine(): Promise<readonly DoctorFinding[]>
}

/** The engine stays the caller's: nothing here closes it. */
export function localAdmin(options: LocalAdminOptions): AdminService {
  const { engine, edges, users } = options
  return {
    status: () => statusOf(options),
    async readiness() {
      const { refusing } = await engine.status()
      return readinessOf(refusing === undefined ? undefined : errorView(refusing), edges())
    },
    async doctor() {
      return [
        ...(await findings({
          ...options,
          edges: edges() ?? [],
          kafka: options.kafka?.(),
          ingest: options.ingest?.(),
        })),
        ...(await options.examine()),
      ]
    },
    // People paste passwords into addresses; nothing of that leaves.
    applied: () => Promise.resolve(options.applied().map(withoutSecrets)),
    topics: () => listTopics(engine),
    topic: (name) => topicDetails(engine, name),
    createTopic: (topic) => engine.topics.create(topic),
    deleteTopic: (name) => engine.topics.delete(name),
    groups: () => listGroups(engine),
    group: (name) => groupDetails(engine, name),
    resetGroup: (name, request) => resetGroup(engine, name, request),
    async replay(topic, { limit, isDryRun, ...filter }) {
      const most = limit === undefined ? {} : { limit }
      return replayDeadLetters({ engine, plans: await options.plans(), topic, filter, isDryRun, ...most })
    },
    users: () => Promise.resolve(users.names()),
    putUser: (name, user) => users.put(name, user),
    removeUser: (name) => users.remove(name),
    tap: (topic, tapOptions, signal) => tapTopic(engine, topic, tapOptions, signal),
  }
}

function withoutSecrets({ name, document }: AppliedPipeline): AppliedPipeline {
  return { name, document: printable(document) as AppliedPipeline['document'] }
}

async function statusOf(options: LocalAdminOptions): Promise<HubStatus> {
  const { engine, dataDirectory, version, startedAtMs } = options
  const { usedBytes, freeBytes, recoveryMs, refusing, damage } = await engine.status()
  return {
    hubId: engine.hubId,
    version,
    startedAtMs,
    dataDirectory,
    log: {
      usedBytes,
      freeBytes: Number.isFinite(freeBytes) ? freeBytes : null,
      recoveryMs,
      refusing: refusing === undefined ? undefined : errorView(refusing),
      damage: damage.map(errorView),
    },
    edges: options.edges() ?? [],
  }
}
