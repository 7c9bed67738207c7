import { afterEach, describe, expect, it } from 'vitest'
import { engineErrors } from '../../../core/engine/errors.js'
import type { AppendOptions, LogEngine } from '../../../core/engine/log-engine.js'
import { withAppend } from '../../core/pipeline/rig.js'
import { type Answer, HttpSite, type SiteOptions } from './site.js'

const sites: HttpSite[] = []

async function open(options: SiteOptions = {}): Promise<HttpSite> {
  const site = await HttpSite.open(options)
  sites.push(site)
  return site
}

afterEach(async () => {
  for (const site of sites.splice(0)) await site.close()
})

const keyed = (site: HttpSite, key: string, body: string): Promise<Answer> =>
  site.json(body, { 'idempotency-key': key })

/** An engine whose appends wait until they are let go. */
function heldAppends() {
  let release = (): void => undefined
  const held = new Promise<void>((resolve) => (release = resolve))
  let begun = (): void => undefined
  const first = new Promise<void>((resolve) => (begun = resolve))
  let appends = 0
  const wrap = (engine: LogEngine): LogEngine =>
    withAppend(engine, async (entries, options) => {
      appends++
      begun()
      await held
      return engine.append(entries, options)
    })
  return { wrap, release: () => release(), first, appendCount: () => appends }
}

describe('a request with a key', () => {
  it('is taken once, and answered like the first time', async () => {
    const site = await open()
    const first = await keyed(site, 'k', '{"a":1}')
    const again = await keyed(site, 'k', '{"a":1}')
    expect(again.status).toBe(202)
    expect(again.text).toBe(first.text)
    expect(again.headers['idempotent-replayed']).toBe('true')
    expect(first.headers['idempotent-replayed']).toBeUndefined()
    expect(await site.values()).toEqual(['{"a":1}'])
  })

  it('is refused with 422 when it comes with another body', async () => {
    const site = await open()
    await keyed(site, 'k', '1')
    expect((await keyed(site, 'k', '2')).status).toBe(422)
    expect(await site.values()).toEqual(['1'])
  })

  it('waits for its twin that is under way, and is answered like it', async () => {
    const { wrap, release, first, appendCount } = heldAppends()
    const site = await open({ wrap })
    const one = keyed(site, 'k', '1')
    await first
    const two = keyed(site, 'k', '1')
    const other = await keyed(site, 'k', '2')
    expect(other.status).toBe(422)
    release()
    expect((await one).text).toBe((await two).text)
    expect(appendCount()).toBe(1)
    expect(await site.values()).toEqual(['1'])
  })

  it('is taken when its twin was refused', async () => {
    let refusals = 1
    const site = await open({
      wrap: (engine) =>
        withAppend(engine, async (entries, options) => {
          if (refusals-- > 0) throw engineErrors.make('log_disk_full', 'no room')
          return engine.append(entries, options)
        }),
    })
    const answers = await Promise.all([keyed(site, 'k', '1'), keyed(site, 'k', '1')])
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202, 503]))
    expect(await site.values()).toEqual(['1'])
  })

  it('may come again after a bad body under the same key', async () => {
    const site = await open()
    expect((await keyed(site, 'k', '{')).status).toBe(400)
    expect((await keyed(site, 'k', '1')).status).toBe(202)
    expect(await site.values()).toEqual(['1'])
  })

  it('is known behind a new start, which knows no places', async () => {
    const site = await HttpSite.open()
    await keyed(site, 'k', '1')
    await site.stop()
    const next = await HttpSite.on(site.engine)
    sites.push(next)
    const again = await keyed(next, 'k', '1')
    expect(again.status).toBe(202)
    expect(JSON.parse(again.text)).toEqual({ records: 1, deadLetters: 0, ranges: [] })
    expect((await keyed(next, 'k', '2')).status).toBe(422)
    expect(await next.values()).toEqual(['1'])
  })

  it('is remembered by its hash, in the append that holds its records', async () => {
    const appends: AppendOptions[] = []
    const site = await open({
      wrap: (engine) =>
        withAppend(engine, async (entries, options = {}) => {
          appends.push(options)
          return engine.append(entries, options)
        }),
    })
    await keyed(site, 'a-secret-key', '1')
    expect(appends).toHaveLength(1)
    const changes = appends[0]?.state?.changes ?? []
    expect(changes.map(({ key }) => key)).toEqual([expect.stringMatching(/^key\/[\w-]{22}$/)])
    expect(JSON.stringify(changes.map(({ value }) => Buffer.from(value ?? []).toString()))).not.toContain('secret')
  })

  it.each(['', ' ', 'a'.repeat(257), 'a\tb'])('is refused when the key is %j', async (key) => {
    const site = await open()
    expect((await keyed(site, key, '1')).status).toBe(400)
    expect(await site.values()).toEqual([])
  })

  it('is refused while the window is full, and no other key is forgotten for it', async () => {
    const site = await open({ source: { idempotency: { maxKeys: 2, window: '1h' } } })
    await keyed(site, 'a', '1')
    await keyed(site, 'b', '2')
    const refused = await keyed(site, 'c', '3')
    expect(refused).toMatchObject({ status: 503, headers: { 'retry-after': '60' } })
    expect((await site.json('4')).status).toBe(202)
    expect((await keyed(site, 'a', '1')).headers['idempotent-replayed']).toBe('true')
    expect(await site.values()).toEqual(['1', '2', '4'])
  })
})
