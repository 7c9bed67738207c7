// Alters the configs of one topic, for both APIs that do so. A broker's are read-only: they follow from the command line.

import { changedTopic } from '../../engine/topic-rules.js'
import type { TopicDescription, TopicSettings } from '../../engine/topic-admin.js'
import { errorCodes } from '../protocol/error-codes.js'
import { failureOf } from './error-mapping.js'
import type { RequestContext } from './request-context.js'
import { resourceTypes } from './resource-types.js'

export interface AlteredResource {
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly resourceType: number
  readonly resourceName: string
}

interface Alteration {
  readonly resource: { readonly resourceType: number; readonly resourceName: string }
  readonly validateOnly: boolean
  /** The settings to change, or what is wrong with the request. */
  settingsFor(topic: TopicDescription): { readonly settings: Partial<TopicSettings> } | { readonly problem: string }
}

/** Takes effect at once, and is durable when it resolves. */
export async function alterResource(alteration: Alteration, context: RequestContext): Promise<AlteredResource> {
  const { resourceType, resourceName } = alteration.resource
  const answer = (errorCode: number, errorMessage: string | null): AlteredResource => ({
    errorCode,
    errorMessage,
    resourceType,
    resourceName,
  })
  if (resourceType !== resourceTypes.topic) {
    return answer(errorCodes.INVALID_REQUEST, 'only configs of topics can be altered here')
  }
  const topic = context.topicNames.find(resourceName)
  if (topic === undefined) return answer(errorCodes.UNKNOWN_TOPIC_OR_PARTITION, 'there is no such topic')
  const made = alteration.settingsFor(topic)
  if ('problem' in made) return answer(errorCodes.INVALID_CONFIG, made.problem)
  try {
    if (alteration.validateOnly) changedTopic(topic, made)
    else await context.engine.topics.alter(resourceName, made)
    return answer(errorCodes.NONE, null)
  } catch (error) {
    const { code, message } = failureOf(error)
    return answer(code, message)
  }
}
