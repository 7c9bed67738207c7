import { expect, it } from 'vitest'
import { brokerConfigs } from '../../../../core/kafka/server/broker-configs.js'

const facts = { brokerId: 1, advertised: '127.0.0.1:9092', defaultPartitions: 1, autoCreate: true }

it.each([
  [undefined, '-1'],
  [7 * 24 * 3600_000, '10080'],
  [90_000, '2'],
])('offsets that are kept for %s ms are shown as %s minutes', (offsetsRetentionMs, minutes) => {
  const shown = brokerConfigs({ ...facts, offsetsRetentionMs }).find(({ name }) => name === 'offsets.retention.minutes')
  expect(shown?.value).toBe(minutes)
})

it('the configs of the broker are sorted by name', () => {
  const names = brokerConfigs(facts).map(({ name }) => name)
  expect(names).toEqual([...names].sort())
})
