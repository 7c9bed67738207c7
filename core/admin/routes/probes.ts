// For those who watch the process: orchestrators and Prometheus.

import { json, type Route } from './route.js'

export const probeRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/livez',
    summary: 'The process answers.',
    changes: false,
    parameters: [],
    respond: () => Promise.resolve(json({ status: 'live' })),
  },
  {
    method: 'GET',
    path: '/readyz',
    summary: 'The log takes appends and every edge runs; 503 with the reasons otherwise.',
    changes: false,
    parameters: [],
    async respond(_request, { admin }) {
      const readiness = await admin.readiness()
      return json(readiness, readiness.ready ? 200 : 503)
    },
  },
  {
    method: 'GET',
    path: '/metrics',
    summary: 'Metrics in the text format of Prometheus.',
    changes: false,
    parameters: [],
    async respond(_request, services) {
      return { kind: 'text', contentType: 'text/plain; version=0.0.4; charset=utf-8', text: await services.metrics() }
    },
  },
]
