import { beforeEach, describe, expect, it } from 'vitest'
import { transactionFindings } from '../../../core/admin/transaction-findings.js'
import { TransactionalProducer } from '../../contracts/log-engine/transactional-producer.js'
import { appendNumbers, makeRig, makeTopic, type Rig } from '../pipeline/rig.js'

const orders = { topic: 'orders', partition: 0 }

describe('what doctor says of transactions', () => {
  let rig: Rig
  const found = () => transactionFindings(rig.engine, rig.clock.now())

  beforeEach(async () => {
    rig = await makeRig()
    await makeTopic(rig.engine, 'orders')
    await makeTopic(rig.engine, 'payments')
  })

  it('is good as long as none is open for long', async () => {
    expect(await found()).toMatchObject([{ level: 'good', message: '0 open; no reader waits for long' }])
    const producer = await TransactionalProducer.open(rig.engine, 'tx')
    await producer.send(orders, 'a')
    expect(await found()).toMatchObject([{ level: 'good', message: '1 open; no reader waits for long' }])
  })

  it('names the producer that holds readers up, where, and when that ends', async () => {
    await appendNumbers(rig.engine, orders, { from: 0, to: 3 })
    const producer = await TransactionalProducer.open(rig.engine, 'tx', 60_000)
    await producer.send(orders, 'a', 'b')
    await rig.engine.transactions.addPartitions(producer.identity, [{ topic: 'payments', partition: 0 }])
    await appendNumbers(rig.engine, orders, { from: 5, to: 8 })
    await rig.clock.advance(12_000)
    const [finding, ...more] = await found()
    expect(more).toEqual([])
    expect(finding).toMatchObject({ subject: 'transaction tx', level: 'warning' })
    expect(finding!.message).toBe(
      `producer ${producer.identity.producerId} has had it open for 12 s: ` +
        'sinks and read-committed consumers of orders/0 wait before offset 3, 5 records behind',
    )
    expect(finding!.hint).toContain('aborted when it was open for 60 s')
    await rig.clock.advance(60_000)
    expect(await found()).toMatchObject([{ level: 'good', message: '0 open; no reader waits for long' }])
  })

  it('leaves out one that has written nothing: nobody waits for it', async () => {
    const producer = await TransactionalProducer.open(rig.engine, 'tx', 60_000)
    await rig.engine.transactions.addPartitions(producer.identity, [orders])
    await rig.clock.advance(30_000)
    expect(await found()).toMatchObject([{ level: 'good', message: '1 open; no reader waits for long' }])
  })
})
