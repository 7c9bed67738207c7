import { describe, expect, it } from 'vitest'
import type { RecordStep } from '../../../../core/pipeline/steps/record-step.js'
import { StepWriter } from '../../../../core/pipeline/steps/step-writer.js'
import { parts } from '../sources.js'
import { deadLetterTarget, decodeAll, makeWriter } from '../writers.js'
import { onlyOdd, plusOne, routed, unlucky, withoutSecret } from './some-steps.js'

function run(steps: readonly RecordStep[], values: readonly unknown[]) {
  const inner = makeWriter({ deadLetterTarget, partitions: 1 })
  const writer = new StepWriter(inner, steps, 'app.logs')
  const taken = values.map((value) => {
    // Behind other bytes, as values of a source lie in its buffer.
    const bytes = Buffer.from(`..${JSON.stringify(value)}`)
    return writer.append({ ...parts(bytes, null, 5), valueStart: 2 })
  })
  const { entries } = inner.take()
  const valuesOf = (topic: string) => decodeAll(entries, topic).map(({ value }) => value)
  return { taken, entries, valuesOf }
}

describe('the steps of a source', () => {
  it('let records through, change them and leave them out, and keep the bytes of those that nobody changed', () => {
    const inner = makeWriter({ partitions: 1 })
    const writer = new StepWriter(inner, [onlyOdd], 'app.logs')
    expect(writer.append(parts(Buffer.from('{ "number":3}'), null, 5))).toBe(true)
    expect(writer.append(parts(Buffer.from('{"number":4}'), null, 5))).toBe(true)
    expect(decodeAll(inner.take().entries).map(({ value }) => value)).toEqual(['{ "number":3}'])
    expect(run([onlyOdd, plusOne], [{ number: 3 }, { number: 4 }]).valuesOf('app.logs')).toEqual(['{"number":4}'])
  })

  it('send a routed record to its topic', () => {
    const { valuesOf } = run([routed], [{ number: 1 }, { number: 101 }, { number: 102 }])
    expect(valuesOf('app.logs')).toEqual(['{"number":1}'])
    expect(valuesOf('large')).toEqual(['{"number":101}', '{"number":102}'])
  })

  it('bring what fails to the dead letters as it came, with the step', () => {
    const { entries, valuesOf } = run([plusOne, unlucky], [{ number: 12 }, { number: 1 }])
    expect(valuesOf('app.logs')).toEqual(['{"number":2}'])
    const [letter] = decodeAll(entries, 'dead')
    expect(letter).toMatchObject({
      value: '{"number":12}',
      headers: { 'tailrace.error.code': 'number_unlucky', 'tailrace.error.message': 'step 2: it is 13' },
    })
  })

  it('redact dead letters, and keep nothing of a value that cannot be redacted', () => {
    const { valuesOf } = run([unlucky, withoutSecret], [{ number: 13, secret: 'x' }, 'no object'])
    expect(valuesOf('dead')).toEqual(['{"number":13}', null])
  })

  it('are not counted as done for a record that the writer refuses', () => {
    const inner = makeWriter({ appendBytes: 200, partitions: 1 })
    const writer = new StepWriter(inner, [plusOne], 'app.logs')
    const record = () => parts(Buffer.from(JSON.stringify({ number: 1, text: 'x'.repeat(150) })), null, 5)
    expect(writer.append(record())).toBe(true)
    expect(writer.append(record())).toBe(false)
    expect(decodeAll(inner.take().entries)).toHaveLength(1)
  })
})
