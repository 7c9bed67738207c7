// IncrementalAlterConfigs: only what is named changes. Lists (cleanup.policy) can be added to and taken from.

import type { TopicDescription } from '../../../engine/topic-admin.js'
import type { IncrementalAlterConfigsRequest } from '../../protocol/generated/incremental-alter-configs-request.js'
import type { IncrementalAlterConfigsResponse } from '../../protocol/generated/incremental-alter-configs-response.js'
import { alterResource, type AlteredResource } from '../alter-resource.js'
import type { RequestContext } from '../request-context.js'
import { configText, findTopicConfig, settingsFromConfigs } from '../topic-configs.js'

type ConfigRequest = IncrementalAlterConfigsRequest['resources'][number]['configs'][number]
type Named = { readonly name: string; readonly value: string | null }

/** Kafka: AlterConfigOp.OpType. */
const operations = { set: 0, remove: 1, append: 2, subtract: 3 } as const

export async function incrementalAlterConfigs(
  request: IncrementalAlterConfigsRequest,
  context: RequestContext,
): Promise<IncrementalAlterConfigsResponse> {
  const resources: AlteredResource[] = []
  for (const resource of request.resources) {
    const settingsFor = (topic: TopicDescription) => {
      const named: Named[] = []
      for (const config of resource.configs) {
        const made = namedBy(config, topic)
        if ('problem' in made) return made
        named.push(made)
      }
      return settingsFromConfigs(named)
    }
    resources.push(await alterResource({ resource, validateOnly: request.validateOnly, settingsFor }, context))
  }
  return { throttleTimeMs: 0, resources }
}

function namedBy(
  { name, configOperation, value }: ConfigRequest,
  topic: TopicDescription,
): Named | { readonly problem: string } {
  if (configOperation === operations.remove) return { name, value: null }
  if (value === null) return { problem: `${name} is to be changed, but to nothing` }
  if (configOperation === operations.set) return { name, value }
  const config = findTopicConfig(name)
  if (config?.type !== 'list') return { problem: `${name} is no list that could be added to or taken from` }
  const present = configText(topic.settings[config.setting]).split(',')
  const words = value.split(',').map((word) => word.trim())
  if (configOperation === operations.append) return { name, value: [...present, ...words].join(',') }
  if (configOperation === operations.subtract) {
    return { name, value: present.filter((word) => !words.includes(word)).join(',') }
  }
  return { problem: `${configOperation} is no operation on configs` }
}
