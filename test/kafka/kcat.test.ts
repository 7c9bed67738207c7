// Debian's kcat, which is librdkafka 2.0.2 and gates its features on exact old versions of APIs.

import { expect } from 'vitest'
import { codecOf, recordCountOf } from '../../core/record/batch-layout.js'
import { missing } from '../support/missing.js'
import { behavioursOf, type Behaviours, firstBatchOf, type KafkaSite, type Ran, run } from './kit.js'

function kcat({ kafka }: KafkaSite, arguments_: readonly string[], input = ''): Promise<Ran> {
  return run('kcat', ['-b', kafka, ...arguments_], input)
}

async function produce(site: KafkaSite, lines: readonly string[], ...more: readonly string[]): Promise<void> {
  const ran = await kcat(site, ['-P', '-t', site.name, ...more], lines.map((line) => `${line}\n`).join(''))
  expect(ran).toMatchObject({ exitCode: 0, stderr: '' })
}

async function consume(site: KafkaSite, ...more: readonly string[]): Promise<string[]> {
  const ran = await kcat(site, ['-C', '-t', site.name, '-e', '-q', ...more])
  expect(ran.exitCode, ran.stderr).toBe(0)
  return ran.stdout.split('\n').slice(0, -1)
}

const hundred = Array.from({ length: 100 }, (_, index) => `value ${index}`)

function keepsCodec(codec: string, number: number): Behaviours {
  return {
    [`produces with ${codec}, and that is the codec on disk`]: async (site) => {
      const long = hundred.map((line) => `${line} ${'x'.repeat(200)}`)
      await produce(site, long, '-z', codec, '-X', 'linger.ms=200')
      const batch = await firstBatchOf(site.engine, site.name)
      expect(codecOf(batch, 0)).toBe(number)
      expect(recordCountOf(batch, 0)).toBe(100)
      expect(await consume(site, '-o', 'beginning')).toEqual(long)
    },
  }
}

const behaviours: Behaviours = {
  'lists the broker at the address that it dialled': async (site) => {
    const { stdout } = await kcat(site, ['-L'])
    expect(stdout).toContain(`broker 1 at ${site.kafka} (controller)`)
  },
  'lists topics with their partitions and leaders': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 3 })
    const { stdout } = await kcat(site, ['-L', '-t', site.name])
    expect(stdout).toContain(`topic "${site.name}" with 3 partitions`)
    expect(stdout).toContain('partition 2, leader 1, replicas: 1, isrs: 1')
  },
  'sees no internal topic': async (site) => {
    expect((await kcat(site, ['-L'])).stdout).not.toContain('__tailrace')
  },
  'is not let into an internal topic': async (site) => {
    const ran = await kcat(site, ['-C', '-t', '__tailrace_offsets', '-e', '-X', 'topic.metadata.propagation.max.ms=0'])
    expect(ran.exitCode).not.toBe(0)
    expect(ran.stdout).toBe('')
  },
  'makes a topic by producing to it': async (site) => {
    await produce(site, ['first'])
    expect(site.engine.topics.find(site.name)).toMatchObject({ partitions: 1 })
    expect(await consume(site, '-o', 'beginning')).toEqual(['first'])
  },
  'produces keys and headers': async (site) => {
    await produce(site, ['k:v'], '-K:', '-H', 'a=1', '-H', 'b=2')
    expect(await consume(site, '-o', 'beginning', '-f', '%k|%s|%h|%p|%o\n')).toEqual(['k|v|a=1,b=2|0|0'])
  },
  'produces records without a value': async (site) => {
    await produce(site, ['k:'], '-K:', '-Z')
    expect(await consume(site, '-o', 'beginning', '-f', '%k|%S\n')).toEqual(['k|-1'])
  },
  'produces an empty value that is not null': async (site) => {
    await produce(site, ['k:'], '-K:')
    expect(await consume(site, '-o', 'beginning', '-f', '%k|%S\n')).toEqual(['k|0'])
  },
  'reads a partition in the order in which it was written': async (site) => {
    await produce(site, hundred)
    expect(await consume(site, '-o', 'beginning')).toEqual(hundred)
  },
  ...keepsCodec('none', 0),
  ...keepsCodec('gzip', 1),
  ...keepsCodec('snappy', 2),
  ...keepsCodec('lz4', 3),
  ...keepsCodec('zstd', 4),
  'produces to a partition of its choice': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 2 })
    await produce(site, ['one'], '-p', '1')
    expect(await consume(site, '-o', 'beginning', '-f', '%p:%s\n')).toEqual(['1:one'])
  },
  'consumes from an offset': async (site) => {
    await produce(site, hundred)
    expect(await consume(site, '-o', '97')).toEqual(hundred.slice(97))
  },
  'consumes from the middle of a batch': async (site) => {
    await produce(site, hundred, '-X', 'linger.ms=200')
    expect(recordCountOf(await firstBatchOf(site.engine, site.name), 0)).toBe(100)
    expect(await consume(site, '-o', '50', '-c', '2')).toEqual(hundred.slice(50, 52))
  },
  'consumes the last records, counted from the end': async (site) => {
    await produce(site, hundred)
    expect(await consume(site, '-o', '-3')).toEqual(hundred.slice(97))
  },
  'consumes nothing from the end': async (site) => {
    await produce(site, hundred)
    expect(await consume(site, '-o', 'end')).toEqual([])
  },
  'consumes from a time': async (site) => {
    await produce(site, ['early'])
    const [earlyMs] = await consume(site, '-o', 'beginning', '-f', '%T\n')
    await produce(site, ['late'])
    expect(await consume(site, '-o', `s@${Number(earlyMs) + 1}`)).toEqual(['late'])
    expect(await consume(site, '-o', `s@${earlyMs}`)).toEqual(['early', 'late'])
  },
  'consumes nothing from a time that is still to come': async (site) => {
    await produce(site, ['early'])
    expect(await consume(site, '-o', `s@${Date.now() + 3_600_000}`)).toEqual([])
  },
  'asks for the offset at the end': async (site) => {
    await produce(site, hundred)
    const { stdout } = await kcat(site, ['-Q', '-t', `${site.name}:0:-1`])
    expect(stdout).toBe(`${site.name} [0] offset 100\n`)
  },
  'asks for the offset at the beginning': async (site) => {
    await produce(site, hundred)
    await site.engine.deleteRecords({ topic: site.name, partition: 0 }, 40)
    const { stdout } = await kcat(site, ['-Q', '-t', `${site.name}:0:-2`])
    expect(stdout).toBe(`${site.name} [0] offset 40\n`)
  },
  'is told when its offset is out of range, and goes on where it says': async (site) => {
    await produce(site, hundred)
    await site.engine.deleteRecords({ topic: site.name, partition: 0 }, 98)
    const lines = await consume(site, '-o', '5', '-X', 'topic.auto.offset.reset=smallest')
    expect(lines).toEqual(hundred.slice(98))
  },
  'consumes an empty topic to its end': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 2 })
    expect(await consume(site, '-o', 'beginning')).toEqual([])
  },
  'consumes in a group from the beginning, and goes on where it stopped': async (site) => {
    await produce(site, hundred)
    const group = ['-G', `${site.name}-group`, site.name, '-e', '-q', '-X', 'auto.offset.reset=earliest']
    const first = await kcat(site, [...group])
    expect(first.stdout.split('\n').slice(0, -1)).toEqual(hundred)
    await produce(site, ['one more'])
    expect((await kcat(site, group)).stdout).toBe('one more\n')
    const [offset] = site.engine.groups.allCommitted(`${site.name}-group`)
    expect(offset).toMatchObject({ topic: site.name, partition: 0, offset: 101 })
  },
  'leaves its group when it ends': async (site) => {
    await produce(site, ['value'])
    await kcat(site, ['-G', `${site.name}-group`, site.name, '-e', '-q', '-X', 'auto.offset.reset=earliest'])
    expect(site.engine.groups.describe(`${site.name}-group`)).toMatchObject({ state: 'Empty', members: [] })
  },
  'produces with idempotence': async (site) => {
    await produce(site, hundred, '-X', 'enable.idempotence=true')
    expect(await consume(site, '-o', 'beginning')).toEqual(hundred)
    expect(site.engine.producers.describe({ topic: site.name, partition: 0 })).toHaveLength(1)
  },
  'produces without acknowledgement': async (site) => {
    await produce(site, ['first', 'second'], '-X', 'acks=0')
    // The records were sent before its end; the next request of anybody may still come before theirs.
    let read: string[] = []
    while (read.length < 2) read = await consume(site, '-o', 'beginning')
    expect(read).toEqual(['first', 'second'])
  },
  'produces with acks=1': async (site) => {
    await produce(site, ['first'], '-X', 'acks=1')
    expect(await consume(site, '-o', 'beginning')).toEqual(['first'])
  },
  'is refused a batch above the limit of its topic': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 1, settings: { maxBatchBytes: 2048 } })
    const ran = await kcat(site, ['-P', '-t', site.name], `${'x'.repeat(4096)}\n`)
    expect(ran.stderr).toContain('Message size too large')
  },
  'is refused a record without a key in a compacted topic': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 1, settings: { cleanup: 'compact' } })
    const ran = await kcat(site, ['-P', '-t', site.name], 'value\n')
    expect(ran.stderr).toContain('Broker failed to validate record')
    await produce(site, ['k:v'], '-K:')
    expect(await consume(site, '-o', 'beginning')).toEqual(['v'])
  },
  'is refused a topic whose name breaks the rules': async (site) => {
    const ran = await kcat(site, ['-P', '-t', 'a topic'], 'value\n')
    expect(ran.stderr).toMatch(/Invalid topic|Local: Unknown topic/)
  },
  'writes a topic whose durability is "written", and reads it at once': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 1, settings: { durability: 'written' } })
    await produce(site, hundred)
    expect(await consume(site, '-o', 'beginning')).toEqual(hundred)
  },
}

behavioursOf('kcat', behaviours, missing('kcat', ['-V']))
