import { afterEach, describe, expect, it } from 'vitest'
import { engineErrors } from '../../../core/engine/errors.js'
import { withAppend } from '../../core/pipeline/rig.js'
import { HttpSite, secret, type SiteOptions } from './site.js'

const sites: HttpSite[] = []

async function open(options: SiteOptions = {}): Promise<HttpSite> {
  const site = await HttpSite.open(options)
  sites.push(site)
  return site
}

afterEach(async () => {
  for (const site of sites.splice(0)) await site.close()
})

describe('who may send', () => {
  const bearer = { auth: { scheme: 'bearer', tokens: [secret('first'), secret('second')] } }

  it.each(['Bearer first', 'bearer second', 'Bearer  first '])('lets %j in', async (authorization) => {
    const site = await open({ source: bearer })
    expect((await site.json('1', { authorization })).status).toBe(202)
  })

  it.each([
    undefined,
    '',
    'Bearer',
    'Bearer ',
    'Bearer firs',
    'Bearer firstt',
    'Bearer FIRST',
    'Basic first',
    'Bearer first second',
    'Bearer first, Bearer first',
  ])('refuses %j with a challenge, and takes nothing', async (authorization) => {
    const site = await open({ source: bearer })
    const answer = await site.json('1', authorization === undefined ? {} : { authorization })
    expect(answer).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Bearer' } })
    expect(await site.values()).toEqual([])
  })

  it('takes a credential that came twice for none', async () => {
    const site = await open({ source: bearer })
    const headers = { 'content-type': 'application/json', authorization: ['Bearer first', 'Bearer first'] }
    expect((await site.send({ headers: headers as never, body: '1' })).status).toBe(401)
  })

  it('knows a user by the password', async () => {
    const site = await open({ source: { auth: { scheme: 'basic', user: 'ship', password: secret('pass:word') } } })
    const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` })
    expect((await site.json('1', basic('ship:pass:word'))).status).toBe(202)
    for (const wrong of ['ship:pass', 'ship:', ':pass:word', 'ship', 'Ship:pass:word']) {
      expect((await site.json('1', basic(wrong))).status).toBe(401)
    }
    expect(await site.values()).toEqual(['1'])
  })

  it('refuses whoever shows no certificate where one is asked for', async () => {
    const site = HttpSite.open({ source: { auth: { scheme: 'mutual-tls' } } })
    await expect(site).rejects.toMatchObject({ code: 'ingest_needs_tls' })
  })

  it.each(['evil.example', 'evil.example:80', 'localhost.evil', '127.0.0.1, evil', 'a@127.0.0.1'])(
    'refuses the Host %j',
    async (host) => {
      const site = await open()
      expect([400, 403]).toContain((await site.json('1', { host })).status)
      expect(await site.values()).toEqual([])
    },
  )

  it('answers for the names that it was told', async () => {
    const site = await open({ allowedHosts: ['Hooks.Example'] })
    expect((await site.json('1', { host: 'hooks.example:443' })).status).toBe(202)
  })

  it.each([{ origin: 'https://evil.example' }, { origin: 'null' }, { 'sec-fetch-site': 'cross-site' }])(
    'refuses what a page sent: %j',
    async (headers) => {
      const site = await open()
      expect((await site.json('1', headers as never)).status).toBe(403)
      expect(await site.values()).toEqual([])
    },
  )
})

describe('how often', () => {
  it('answers 429 with a time to come again', async () => {
    const site = await open({ source: { rateLimit: { requestsPerSecond: 1, burst: 2 } } })
    const answers = [await site.json('1'), await site.json('2'), await site.json('3')]
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 429])
    expect(answers[2]?.headers).toMatchObject({ 'retry-after': '1' })
    expect(await site.values()).toEqual(['1', '2'])
  })

  it('answers 503 with a time to come again while the log takes nothing, and nothing is there', async () => {
    let refusals = 1
    const site = await open({
      wrap: (engine) =>
        withAppend(engine, async (entries, options) => {
          if (refusals-- > 0) throw engineErrors.make('log_disk_full', 'no room')
          return engine.append(entries, options)
        }),
    })
    const refused = await site.json('1')
    expect(refused).toMatchObject({ status: 503, headers: { 'retry-after': '1' } })
    expect(JSON.parse(refused.text)).toMatchObject({ error: { code: 'log_disk_full' } })
    expect(await site.values()).toEqual([])
    expect((await site.json('1')).status).toBe(202)
  })

  it('answers what is under way when it is told to end, and refuses what is new', async () => {
    let release = (): void => undefined
    const held = new Promise<void>((resolve) => (release = resolve))
    let begun = (): void => undefined
    const appending = new Promise<void>((resolve) => (begun = resolve))
    const site = await open({
      wrap: (engine) =>
        withAppend(engine, async (entries, options) => {
          begun()
          await held
          return engine.append(entries, options)
        }),
    })
    const underWay = site.json('1')
    await appending
    site.ingest.drain()
    const drained = site.pipelines.drain()
    const fresh = await site.json('2')
    expect(fresh).toMatchObject({ status: 503, headers: { connection: 'close', 'retry-after': '1' } })
    release()
    expect((await underWay).status).toBe(202)
    await drained
    expect(await site.values()).toEqual(['1'])
  })
})
