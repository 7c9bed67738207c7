// Changes single settings: sets or deletes them, appends to or subtracts from lists.

import { array, bool, int16, int32, int8, string, struct } from '../../../message/declare.js'
import { declareApi } from '../declare-api.js'

export const incrementalAlterConfigsApi = declareApi({
  key: 44,
  name: 'IncrementalAlterConfigs',
  versions: '0-1',
  flexible: '1+',
  request: {
    resources: array(
      struct('IncrementalAlterConfigsRequestResource', {
        resourceType: int8('0+'),
        resourceName: string('0+'),
        configs: array(
          struct('IncrementalAlterConfigsRequestResourceConfig', {
            name: string('0+'),
            configOperation: int8('0+'),
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
      struct('IncrementalAlterConfigsResponseResource', {
        errorCode: int16('0+'),
        errorMessage: string('0+', { nullable: '0+' }),
        resourceType: int8('0+'),
        resourceName: string('0+'),
      }),
      '0+',
    ),
  },
})
