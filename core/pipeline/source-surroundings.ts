// What a source gets besides every other connector: topics that it makes while it runs, and temporary files.

import type { ConnectorState, EnsuredTopic, SourceContext } from '../connector/context.js'
import type { Spool } from '../connector/spool.js'
import { engineErrors } from '../engine/errors.js'
import { checkTopicName, maxAppendBytes } from '../engine/topic-rules.js'
import { invariant } from '../errors/invariant.js'
import { connectorContext, type EdgeEnvironment } from './edge-environment.js'
import { pipelineErrors } from './errors.js'
import type { SourcePlan } from './pipeline-plan.js'
import { givesLargeRecords } from './prepare-topics.js'
import { DirectorySpool, spoolDirectory } from './spool.js'

export class SourceSurroundings {
  private readonly environment: EdgeEnvironment
  private readonly plan: SourcePlan
  private spool: DirectorySpool | undefined

  constructor(environment: EdgeEnvironment, plan: SourcePlan) {
    this.environment = environment
    this.plan = plan
  }

  /** The context of a run; `signal` is aborted when the source has to end. */
  context(state: ConnectorState, signal: AbortSignal): SourceContext {
    return {
      ...connectorContext(this.environment, state, signal),
      to: this.plan.to,
      ensureTopic: (topic) => this.ensureTopic(topic),
      spool: (quotaBytes) => this.openSpool(quotaBytes),
      waits: (cause) => {
        const { meter } = this.environment
        if (cause === undefined) meter.running()
        else meter.waiting(cause)
      },
    }
  }

  /** Removes the files of the run. */
  async close(): Promise<void> {
    const { spool } = this
    this.spool = undefined
    await spool?.close()
  }

  private async openSpool(quotaBytes: number): Promise<Spool> {
    invariant(this.spool === undefined, `the source ${this.plan.id} opened a second spool`)
    const { dataDirectory, world, plan } = this.environment
    const directory = spoolDirectory(dataDirectory, plan.name, this.plan.id)
    this.spool = await DirectorySpool.open({ files: world.files, directory }, quotaBytes)
    return this.spool
  }

  private async ensureTopic(topic: string): Promise<EnsuredTopic> {
    const { environment, plan } = this
    const { engine, logger, meter } = environment
    checkTopicName(topic)
    if (topic === plan.onError.deadLetter) {
      const edge = `${environment.plan.name}.${plan.id}`
      throw pipelineErrors.make('dead_letter_topic_taken', `${edge} would write its records to ${topic}`, {
        details: { edge, topic },
      })
    }
    if (engine.topics.find(topic) === undefined) {
      const { partitions, settings } = environment.plan.defaultTopic
      const largest = givesLargeRecords(plan) ? { maxBatchBytes: maxAppendBytes } : {}
      try {
        await engine.topics.create({ name: topic, partitions, settings: { ...settings, ...largest } })
        logger.info('a topic was created', { topic, partitions })
      } catch (error) {
        // Another source came first.
        if (!engineErrors.is(error, 'topic_exists')) throw error
      }
    }
    meter.uses(topic)
    return { isCompacted: engine.topics.find(topic)?.settings.cleanup !== 'delete' }
  }
}
