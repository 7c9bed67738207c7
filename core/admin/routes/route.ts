// A route of the admin API as a row: what it is called, what it takes, whether it changes something, what it answers.
// http-api.ts serves the rows, openapi.ts describes them, and the tests send every credential to every one of them.

import type { AdminService } from '../admin-service.js'

export type Schema = Readonly<Record<string, unknown>>

export interface RouteRequest {
  /** Of the path and the query, checked against `parameters`. */
  readonly parameters: Readonly<Record<string, string | number | undefined>>
  /** Checked against `body`. */
  readonly body: unknown
  /** Aborted when the caller is gone or the hub ends. */
  readonly signal: AbortSignal
}

export type RouteAnswer =
  | { readonly kind: 'json'; readonly status?: number; readonly value: unknown }
  | { readonly kind: 'text'; readonly contentType: string; readonly text: string }
  /** One JSON value per line, as they come. */
  | { readonly kind: 'lines'; readonly values: AsyncIterable<unknown> }

export interface RouteParameter {
  readonly name: string
  readonly in: 'path' | 'query'
  readonly summary: string
  readonly schema: Schema
  readonly required: boolean
}

/** What routes work on. */
export interface RouteServices {
  readonly admin: AdminService
  /** The metrics in Prometheus' text format. */
  metrics(): Promise<string>
}

export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** With parameters in braces, as OpenAPI writes them. */
  readonly path: string
  readonly summary: string
  /** Needs the token even on loopback. */
  readonly changes: boolean
  readonly parameters: readonly RouteParameter[]
  readonly body?: Schema
  respond(request: RouteRequest, services: RouteServices): Promise<RouteAnswer>
}

export function json(value: unknown, status = 200): RouteAnswer {
  return { kind: 'json', status, value }
}

export function pathParameter(name: string, summary: string): RouteParameter {
  return { name, in: 'path', summary, schema: { type: 'string', minLength: 1, maxLength: 512 }, required: true }
}

export function queryParameter(name: string, summary: string, schema: Schema): RouteParameter {
  return { name, in: 'query', summary, schema, required: false }
}
