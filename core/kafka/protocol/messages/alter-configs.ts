// Replaces all settings of a resource; superseded by IncrementalAlterConfigs, but some clients have nothing else.

import { array, bool, int16, int32, int8, string, struct } from '../../../message/declare.js'
import { declareApi } from '../declare-api.js'

export const alterConfigsApi = declareApi({
  key: 33,
  name: 'AlterConfigs',
  versions: '0-2',
  flexible: '2+',
  request: {
    resources: array(
      struct('AlterConfigsRequestResource', {
        resourceType: int8('0+'),
        resourceName: string('0+'),
        configs: array(
          struct('AlterConfigsRequestResourceConfig', {
            name: string('0+'),
            value: string('0+', { nullable: '0+' }),
          }),
          '0+',
        ),
      }),
      '0+',
    ),
    validateOnly: bool('0+'),
  },
  response: {
    throttleTimeMs: int32('0+'),
    resources: array(
      struct('AlterConfigsResponseResource', {
        errorCode: int16('0+'),
        errorMessage: string('0+', { nullable: '0+' }),
        resourceType: int8('0+'),
        resourceName: string('0+'),
      }),
      '0+',
    ),
  },
})
