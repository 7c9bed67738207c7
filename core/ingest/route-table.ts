// Which handler a path belongs to: the route of just this path, else the longest one above it that takes what is below.
//
// The paths of the pipeline files are known before their sources run: what comes for one of them meanwhile is told to
// come again, and not that there is no such path.

import { ingressErrors } from '../connector/errors.js'
import type { IngressHandler, IngressRoute } from '../connector/ingress.js'

interface Entry extends IngressRoute {
  readonly handler: IngressHandler
}

type Expected = Pick<IngressRoute, 'path' | 'takesBelow'>

export class RouteTable {
  readonly #entries = new Map<string, Entry>()
  readonly #expected: readonly Expected[]

  constructor(expected: readonly Expected[]) {
    this.#expected = expected
  }

  /** Errors: ingest_path_taken. */
  add(route: IngressRoute, handler: IngressHandler): Entry {
    if (this.#entries.has(route.path)) {
      throw ingressErrors.make('ingest_path_taken', `another source has the path ${route.path}`, {
        details: { path: route.path },
      })
    }
    const entry = { ...route, handler }
    this.#entries.set(route.path, entry)
    return entry
  }

  /** Whether every path that is expected has its source. */
  get isComplete(): boolean {
    return this.#expected.every(({ path }) => this.#entries.has(path))
  }

  /** Only the very entry, which may be gone. */
  remove(entry: Entry): void {
    if (this.#entries.get(entry.path) === entry) this.#entries.delete(entry.path)
  }

  /** Errors: ingest_path_unknown, ingest_not_ready, ingest_method_refused with the details `allow`. */
  find(path: string, method: string): IngressHandler {
    const entry = this.#entries.get(path) ?? this.#above(path)
    if (entry === undefined) throw this.#absent(path)
    if (entry.methods.includes(method)) return entry.handler
    throw ingressErrors.make('ingest_method_refused', `${path} takes ${entry.methods.join(', ')} and not ${method}`, {
      details: { allow: entry.methods.join(', ') },
    })
  }

  #above(path: string): Entry | undefined {
    for (let above = parentOf(path); above !== undefined; above = parentOf(above)) {
      const entry = this.#entries.get(above)
      if (entry?.takesBelow === true) return entry
    }
    return undefined
  }

  #absent(path: string): Error {
    const isExpected = this.#expected.some((route) => route.path === path || (route.takesBelow && isBelow(path, route)))
    if (isExpected)
      return ingressErrors.make('ingest_not_ready', `the source behind ${path} does not run at the moment`)
    return ingressErrors.make('ingest_path_unknown', 'no source has this path')
  }
}

function parentOf(path: string): string | undefined {
  if (path.length <= 1) return undefined
  return path.slice(0, Math.max(1, path.lastIndexOf('/')))
}

function isBelow(path: string, above: Expected): boolean {
  return above.path === '/' || path.startsWith(`${above.path}/`)
}
