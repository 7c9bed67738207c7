// Tells which APIs the broker serves in which versions: the first request of most clients.

import { array, bool, int16, int32, int64, string, struct } from '../../../message/declare.js'
import { declareApi } from '../declare-api.js'

export const apiVersionsApi = declareApi({
  key: 18,
  name: 'ApiVersions',
  versions: '0-4',
  flexible: '3+',
  request: {
    clientSoftwareName: string('3+'),
    clientSoftwareVersion: string('3+'),
  },
  response: {
    errorCode: int16('0+'),
    apiKeys: array(
      struct('ApiVersionsResponseApiKey', {
        apiKey: int16('0+'),
        minVersion: int16('0+'),
        maxVersion: int16('0+'),
      }),
      '0+',
    ),
    throttleTimeMs: int32('1+'),
    supportedFeatures: array(
      struct('ApiVersionsResponseSupportedFeature', {
        name: string('3+'),
        minVersion: int16('3+'),
        maxVersion: int16('3+'),
      }),
      '3+',
      { tag: 0 },
    ),
    finalizedFeaturesEpoch: int64('3+', { tag: 1, default: -1 }),
    finalizedFeatures: array(
      struct('ApiVersionsResponseFinalizedFeature', {
        name: string('3+'),
        maxVersionLevel: int16('3+'),
        minVersionLevel: int16('3+'),
      }),
      '3+',
      { tag: 2 },
    ),
    zkMigrationReady: bool('3+', { tag: 3 }),
  },
})
