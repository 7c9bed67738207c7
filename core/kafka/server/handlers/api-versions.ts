// ApiVersions: what this server speaks, from the table of handlers itself.

import type { ApiVersionsRequest } from '../../protocol/generated/api-versions-request.js'
import type { ApiVersionsResponse } from '../../protocol/generated/api-versions-response.js'
import { errorCodes } from '../../protocol/error-codes.js'
import type { Handler } from '../request-context.js'

export interface ServedApi {
  readonly key: number
  /** What is told; older than what is served for APIs whose clients need an overlap. */
  readonly advertisedFrom: number
  readonly maxVersion: number
}

/** As Kafka checks the names that clients give their software. */
const softwareName = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/

/** First version in which clients name their software. */
const namedFromVersion = 3

export function apiVersionsHandler(served: readonly ServedApi[]): Handler<ApiVersionsRequest, ApiVersionsResponse> {
  return ({ clientSoftwareName, clientSoftwareVersion }, { apiVersion }) => {
    const isNamed = softwareName.test(clientSoftwareName) && softwareName.test(clientSoftwareVersion)
    const isRefused = apiVersion >= namedFromVersion && !isNamed
    return versionsAnswer(isRefused ? errorCodes.INVALID_REQUEST : errorCodes.NONE, isRefused ? [] : served)
  }
}

/** The answer to a version that is not served, to be sent in version 0: the versions of this API alone. */
export function unsupportedVersionAnswer(api: ServedApi): ApiVersionsResponse {
  return versionsAnswer(errorCodes.UNSUPPORTED_VERSION, [api])
}

function versionsAnswer(errorCode: number, served: readonly ServedApi[]): ApiVersionsResponse {
  const apiKeys = served.map(({ key, advertisedFrom, maxVersion }) => ({
    apiKey: key,
    minVersion: advertisedFrom,
    maxVersion,
  }))
  return {
    errorCode,
    apiKeys,
    throttleTimeMs: 0,
    supportedFeatures: [],
    finalizedFeaturesEpoch: -1,
    finalizedFeatures: [],
    zkMigrationReady: false,
  }
}
