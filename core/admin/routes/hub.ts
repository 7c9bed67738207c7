// The hub as a whole.

import { json, type Route } from './route.js'

export const hubRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/api/status',
    summary: 'The hub, its log, and every edge with its records, lag and last error.',
    changes: false,
    parameters: [],
    respond: async (_request, { admin }) => json(await admin.status()),
  },
  {
    method: 'GET',
    path: '/api/doctor',
    summary: 'What is well and what is not, with what to do about it.',
    changes: false,
    parameters: [],
    respond: async (_request, { admin }) => json(await admin.doctor()),
  },
  {
    method: 'GET',
    path: '/api/pipelines',
    summary: 'The pipeline files as they last ran; secrets as references.',
    changes: false,
    parameters: [],
    respond: async (_request, { admin }) => json(await admin.applied()),
  },
]
