// Short ways for behaviours of the source: a stream that runs, and what came of one statement.

import type { CdcSite, OpenSite, SeenRecord } from './cdc-site.js'

/** A site whose stream runs, so that what is done from now on comes as changes. */
export async function live(open: OpenSite, sql: string, source: object = {}): Promise<CdcSite> {
  const site = await open({ sql, source: { snapshot: { mode: 'never' }, ...source } })
  await site.start()
  await site.streaming()
  return site
}

/** Everything in the topic when the statement has come through. */
export async function changesOf(site: CdcSite, sql: string, topic = 'all'): Promise<readonly SeenRecord[]> {
  await site.run(sql)
  return site.settled(topic)
}

export const header = (records: readonly SeenRecord[], name: string): (string | undefined)[] =>
  records.map(({ headers }) => headers[name])

export const rowsAfter = (records: readonly SeenRecord[]): unknown[] => records.map(({ value }) => value?.['after'])
