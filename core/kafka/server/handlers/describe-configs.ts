// DescribeConfigs: every config of topics and of the broker, with its default and where its value comes from.

import { errorCodes } from '../../protocol/error-codes.js'
import type { DescribeConfigsRequest } from '../../protocol/generated/describe-configs-request.js'
import type { DescribeConfigsResponse } from '../../protocol/generated/describe-configs-response.js'
import { brokerConfigs } from '../broker-configs.js'
import { type ConfigEntry, shownBrokerConfigs, shownTopicConfigs } from '../config-entries.js'
import { distinct } from '../distinct.js'
import { brokerId, type RequestContext } from '../request-context.js'
import { resourceTypes } from '../resource-types.js'
import { configTypes } from '../topic-configs.js'

type ResourceRequest = DescribeConfigsRequest['resources'][number]
type ResourceAnswer = DescribeConfigsResponse['results'][number]
type ConfigAnswer = ResourceAnswer['configs'][number]

export function describeConfigs(request: DescribeConfigsRequest, context: RequestContext): DescribeConfigsResponse {
  const resources = distinct(request.resources, (each) => `${each.resourceType} ${each.resourceName}`)
  const results = resources.map((resource) => {
    const { resourceType, resourceName, configurationKeys } = resource
    const entries = entriesOf(resource, context)
    if (typeof entries === 'number') {
      const errorMessage = `there is no resource ${resourceName} of type ${resourceType}`
      return { errorCode: entries, errorMessage, resourceType, resourceName, configs: [] }
    }
    const wanted = entries.filter(({ name }) => configurationKeys === null || configurationKeys.includes(name))
    const configs = wanted.map((entry) => configAnswer(entry, request))
    return { errorCode: errorCodes.NONE, errorMessage: null, resourceType, resourceName, configs }
  })
  return { throttleTimeMs: 0, results }
}

/** The entries, or why there are none. */
function entriesOf({ resourceType, resourceName }: ResourceRequest, context: RequestContext): ConfigEntry[] | number {
  if (resourceType === resourceTypes.topic) {
    const topic = context.topicNames.find(resourceName)
    return topic === undefined ? errorCodes.UNKNOWN_TOPIC_OR_PARTITION : shownTopicConfigs(topic.settings)
  }
  // An empty name stands for the configs that all brokers share; all here are of the one.
  const isBroker = resourceType === resourceTypes.broker
  if (isBroker && resourceName === '') return []
  if (!isBroker || resourceName !== String(brokerId)) return errorCodes.INVALID_REQUEST
  const { advertised, settings } = context
  const facts = { brokerId, advertised: `${advertised.host}:${advertised.port}`, ...settings }
  return shownBrokerConfigs(brokerConfigs(facts))
}

function configAnswer(entry: ConfigEntry, request: DescribeConfigsRequest): ConfigAnswer {
  const { name, value, readOnly, configSource, type, documentation, synonyms } = entry
  return {
    name,
    value,
    readOnly,
    configSource,
    isSensitive: false,
    synonyms: request.includeSynonyms ? synonyms : [],
    configType: configTypes[type],
    documentation: request.includeDocumentation ? documentation : null,
  }
}
