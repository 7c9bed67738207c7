// Topics and the records in them.

import type { NewTopic } from '../../engine/topic-admin.js'
import { parseLogPosition } from '../log-position.js'
import { json, pathParameter, queryParameter, type Route, type RouteRequest } from './route.js'

const topicParameter = pathParameter('topic', 'Name of the topic.')
const topicOf = ({ parameters }: RouteRequest): string => String(parameters['topic'])

const limit = { type: 'integer', minimum: -1 }
const topicBody = {
  type: 'object',
  required: ['name', 'partitions'],
  additionalProperties: false,
  properties: {
    name: { type: 'string' },
    partitions: { type: 'integer', minimum: 1 },
    settings: {
      type: 'object',
      additionalProperties: false,
      properties: {
        cleanup: { enum: ['delete', 'compact', 'compact,delete'] },
        retentionMs: limit,
        retentionBytes: limit,
        segmentBytes: limit,
        segmentMs: limit,
        durability: { enum: ['fsync', 'written'] },
        flushMs: limit,
        timestampType: { enum: ['create', 'append'] },
        maxBatchBytes: limit,
        deleteRetentionMs: limit,
        minDirtyRatio: { type: 'number', minimum: 0, maximum: 1 },
      },
    },
  },
}

export const topicRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/api/topics',
    summary: 'All topics with their settings, records and bytes.',
    changes: false,
    parameters: [],
    respond: async (_request, { admin }) => json(await admin.topics()),
  },
  {
    method: 'POST',
    path: '/api/topics',
    summary: 'Makes a topic.',
    changes: true,
    parameters: [],
    body: topicBody,
    respond: async ({ body }, { admin }) => json(await admin.createTopic(body as NewTopic), 201),
  },
  {
    method: 'GET',
    path: '/api/topics/{topic}',
    summary: 'One topic with its partitions.',
    changes: false,
    parameters: [topicParameter],
    respond: async (request, { admin }) => json(await admin.topic(topicOf(request))),
  },
  {
    method: 'DELETE',
    path: '/api/topics/{topic}',
    summary: 'Deletes a topic and its records.',
    changes: true,
    parameters: [topicParameter],
    async respond(request, { admin }) {
      await admin.deleteTopic(topicOf(request))
      return json({ deleted: topicOf(request) })
    },
  },
  {
    method: 'GET',
    path: '/api/topics/{topic}/records',
    summary: 'Records from a place on, one JSON object per line, until the count is reached or the caller leaves.',
    changes: false,
    parameters: [
      topicParameter,
      queryParameter('from', '`earliest`, `latest`, an offset, or `time:` and milliseconds since 1970.', {
        type: 'string',
        default: 'latest',
      }),
      queryParameter('count', 'End after this many records.', { type: 'integer', minimum: 1 }),
    ],
    async respond(request, { admin }) {
      const { from, count } = request.parameters
      const options = {
        from: parseLogPosition(String(from ?? 'latest')),
        ...(count === undefined ? {} : { count: Number(count) }),
      }
      // Asked for first, so that an unknown topic is an answer and not the end of a stream.
      await admin.topic(topicOf(request))
      return { kind: 'lines', values: admin.tap(topicOf(request), options, request.signal) }
    },
  },
]
