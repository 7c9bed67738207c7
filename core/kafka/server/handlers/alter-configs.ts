// AlterConfigs: what is named is set, and everything else goes back to its default.

import { defaultTopicSettings } from '../../../engine/topic-admin.js'
import type { AlterConfigsRequest } from '../../protocol/generated/alter-configs-request.js'
import type { AlterConfigsResponse } from '../../protocol/generated/alter-configs-response.js'
import { alterResource, type AlteredResource } from '../alter-resource.js'
import type { RequestContext } from '../request-context.js'
import { settingsFromConfigs } from '../topic-configs.js'

export async function alterConfigs(
  request: AlterConfigsRequest,
  context: RequestContext,
): Promise<AlterConfigsResponse> {
  const resources: AlteredResource[] = []
  for (const resource of request.resources) {
    const settingsFor = () => {
      const made = settingsFromConfigs(resource.configs)
      return 'problem' in made ? made : { settings: { ...defaultTopicSettings, ...made.settings } }
    }
    resources.push(await alterResource({ resource, validateOnly: request.validateOnly, settingsFor }, context))
  }
  return { throttleTimeMs: 0, resources }
}
