// The denominator: undici posts the same bodies under the same headers, with the same number of requests at a time.
//
// Arguments: the receiver's port, how many, how many at a time.

import { Pool } from 'undici'
import { eventBody, fixedHeaders } from './events.js'

const [port = '', countText = '', concurrencyText = ''] = process.argv.slice(2)
const count = Number(countText)
const connections = Number(concurrencyText)
const pool = new Pool(`http://127.0.0.1:${port}`, { connections, pipelining: 1 })
let next = 0

async function post(): Promise<void> {
  while (next < count) {
    const index = next++
    const { statusCode, body } = await pool.request({
      path: '/hook',
      method: 'POST',
      headers: { ...fixedHeaders, 'webhook-id': `msg_${String(index).padStart(22, '0')}` },
      body: Buffer.from(eventBody(index)),
    })
    await body.dump()
    if (statusCode !== 204) throw new Error(`the receiver answered ${statusCode}`)
  }
}

await Promise.all(Array.from({ length: connections }, post))
await pool.close()
process.stdout.write('{}\n')
