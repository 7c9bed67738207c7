// Where a proof with real processes happens: a directory of logs, a pipeline file, a data directory, two lakes.

import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface CrashSite {
  readonly directory: string
  readonly logs: string
  readonly pipelineFile: string
  readonly dataDirectory: string
  readonly lakes: { readonly ndjson: string; readonly raw: string }
  remove(): void
}

export const sitePartitions = 4
export const siteTopic = 'lines'

/** Files become complete often, so that a run of a second or two meets many of them. */
const rotate = { age: '300ms', records: 200 }

export interface SiteOptions {
  readonly compression?: 'none' | 'gzip'
}

export function makeCrashSite(name: string, options: SiteOptions = {}): CrashSite {
  const directory = fs.mkdtempSync(join(tmpdir(), `tailrace-${name}-`))
  const site: CrashSite = {
    directory,
    logs: join(directory, 'logs'),
    pipelineFile: join(directory, 'proof.json'),
    dataDirectory: join(directory, 'data'),
    lakes: { ndjson: join(directory, 'ndjson'), raw: join(directory, 'raw') },
    remove: () => fs.rmSync(directory, { recursive: true, force: true }),
  }
  fs.mkdirSync(site.logs)
  fs.writeFileSync(site.pipelineFile, JSON.stringify(pipelineOf(site, options)))
  return site
}

function pipelineOf({ logs, lakes }: CrashSite, { compression = 'none' }: SiteOptions): object {
  const sink = { type: 'directory', from: [siteTopic], rotate }
  return {
    version: 1,
    name: 'proof',
    topics: { [siteTopic]: { partitions: sitePartitions } },
    sources: {
      // A line that was begun is ended by its writer, however long the machine pauses in between.
      logs: { type: 'file', include: [`${logs}/*.log*`], rescan: '100ms', partialLine: '10m', to: siteTopic },
    },
    sinks: {
      ndjson: {
        ...sink,
        root: lakes.ndjson,
        format: { type: 'ndjson', compression },
        columns: ['key', 'partition', 'offset'],
      },
      raw: { ...sink, root: lakes.raw, format: { type: 'raw', compression } },
    },
  }
}
