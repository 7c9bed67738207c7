import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, it } from 'vitest'
import { type MetricDeclaration, metrics } from '../../../core/telemetry/catalogue.js'

const page = readFileSync(resolve(import.meta.dirname, '../../../docs/metrics.md'), 'utf8')

/** The rows of the page's tables: name, kind, labels, meaning. */
const rows = [...page.matchAll(/^\| `(tailrace_\w+)` \| (\w+) \| (.*?) \| (.*) \|$/gm)].map((row) => row.slice(1, 5))

it('the page of metrics and the catalogue agree, in both directions', () => {
  const declared = Object.entries<MetricDeclaration>(metrics).map(([name, { kind, labels, help }]) => [
    name,
    kind,
    labels.length === 0 ? '–' : labels.map((label) => `\`${label}\``).join(', '),
    help,
  ])
  const asText = (row: readonly string[]) => row.join(' | ')
  expect(rows.map(asText).toSorted()).toEqual(declared.map(asText).toSorted())
})
