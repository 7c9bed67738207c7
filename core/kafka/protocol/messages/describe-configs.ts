// Describes the settings of topics and brokers. Null keys stand for all settings.

import { array, bool, int16, int32, int8, string, struct } from '../../../message/declare.js'
import { declareApi } from '../declare-api.js'

export const describeConfigsApi = declareApi({
  key: 32,
  name: 'DescribeConfigs',
  versions: '1-4',
  flexible: '4+',
  request: {
    resources: array(
      struct('DescribeConfigsRequestResource', {
        resourceType: int8('0+'),
        resourceName: string('0+'),
        configurationKeys: array('string', '0+', { nullable: '0+' }),
      }),
      '0+',
    ),
    includeSynonyms: bool('0+'),
    includeDocumentation: bool('3+'),
  },
  response: {
    throttleTimeMs: int32('0+'),
    results: array(
      struct('DescribeConfigsResponseResult', {
        errorCode: int16('0+'),
        errorMessage: string('0+', { nullable: '0+' }),
        resourceType: int8('0+'),
        resourceName: string('0+'),
        configs: array(
          struct('DescribeConfigsResponseResultConfig', {
            name: string('0+'),
            value: string('0+', { nullable: '0+' }),
            readOnly: bool('0+'),
            configSource: int8('0+', { default: -1 }),
            isSensitive: bool('0+'),
            synonyms: array(
              struct('DescribeConfigsResponseResultConfigSynonym', {
                name: string('0+'),
                value: string('0+', { nullable: '0+' }),
                source: int8('0+'),
              }),
              '0+',
            ),
            configType: int8('3+'),
            documentation: string('3+', { nullable: '3+' }),
          }),
          '0+',
        ),
      }),
      '0+',
    ),
  },
})
