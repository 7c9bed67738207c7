// DescribeLogDirs: the bytes of partitions in the data directory.

import { errorCodes } from '../../protocol/error-codes.js'
import type { DescribeLogDirsRequest } from '../../protocol/generated/describe-log-dirs-request.js'
import type { DescribeLogDirsResponse } from '../../protocol/generated/describe-log-dirs-response.js'
import type { RequestContext } from '../request-context.js'

type TopicAnswer = DescribeLogDirsResponse['results'][number]['topics'][number]

export async function describeLogDirs(
  request: DescribeLogDirsRequest,
  context: RequestContext,
): Promise<DescribeLogDirsResponse> {
  const { engine, topicNames, settings } = context
  const { freeBytes } = await engine.status()
  const wantedByTopic = new Map(request.topics?.map(({ topic, partitions }) => [topic, new Set(partitions)] as const))
  const topics: TopicAnswer[] = []
  for (const { name, partitions } of topicNames.list()) {
    const wanted = wantedByTopic.get(name)
    if (request.topics !== null && wanted === undefined) continue
    const sizes: TopicAnswer['partitions'][number][] = []
    for (let partition = 0; partition < partitions; partition++) {
      if (wanted !== undefined && !wanted.has(partition)) continue
      const { bytes } = await engine.bounds({ topic: name, partition })
      sizes.push({ partitionIndex: partition, partitionSize: bytes, offsetLag: 0, isFutureKey: false })
    }
    topics.push({ name, partitions: sizes })
  }
  const usableBytes = Number.isFinite(freeBytes) ? freeBytes : -1
  const directory = { errorCode: errorCodes.NONE, logDir: settings.logDirectory, topics, totalBytes: -1, usableBytes }
  return { throttleTimeMs: 0, errorCode: errorCodes.NONE, results: [directory] }
}
