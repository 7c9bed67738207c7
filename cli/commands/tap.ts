// tailrace tap TOPIC: the records of a topic as they come, or from the past.

import { InvalidArgumentError, type Command } from 'commander'
import type { TapRecord } from '../../hub/admin-vocabulary.js'
import { untilInterrupted, withHub, withHubOptions, type HubPlace } from '../hub-client.js'
import { print, visible } from '../output.js'

interface TapOptions extends HubPlace {
  readonly from: string
  readonly count?: number
  readonly json?: true
}

export function addTap(program: Command): void {
  withHubOptions(program.command('tap'))
    .description('print the records of a topic, live or from a place on')
    .argument('<topic>')
    .option('--from <place>', '"beginning", "end", "-10m", an offset, or a time such as 2026-11-22T10:00:00Z', 'end')
    .option('--count <n>', 'end after so many records', positiveInteger)
    .option('--json', 'print one JSON object per record')
    .action(tap)
}

async function tap(topic: string, options: TapOptions): Promise<void> {
  const { positionFromText } = await import('../../hub/log-position.js')
  const from = positionFromText(options.from, Date.now())
  const request = { from, ...(options.count === undefined ? {} : { count: options.count }) }
  await withHub(options, async (admin) => {
    for await (const record of admin.tap(topic, request, untilInterrupted())) {
      print(options.json ? JSON.stringify(record) : recordText(record))
    }
  })
}

/** Time, place, key and value on one line. */
function recordText(record: TapRecord): string {
  const { timestampMs, partition, offset } = record
  const time = timestampMs >= 0 && timestampMs < 8.64e15 ? new Date(timestampMs).toISOString() : String(timestampMs)
  const key = shown(record.key, record.keyBase64)
  return `${time} ${partition}/${offset} ${key} ${shown(record.value, record.valueBase64)}`
}

function shown(text: string | null | undefined, base64: string | undefined): string {
  if (base64 !== undefined) return `base64:${base64}`
  if (text === null || text === undefined) return '-'
  return visible(text)
}

function positiveInteger(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new InvalidArgumentError('it must be a whole number from 1 on.')
  return Number(text)
}
