import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { servedApis } from '../../../../core/kafka/server/handler-table.js'
import { defaultText, fixedConfigs, topicConfigs } from '../../../../core/kafka/server/topic-configs.js'
import { repositoryRoot } from '../../../architecture/source-files.js'

const page = join(repositoryRoot, 'docs/kafka.md')

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

const apis = table(
  ['key', 'API', 'versions'],
  servedApis.map(({ key, name, advertisedFrom, maxVersion }) => [`${key}`, name, `${advertisedFrom} to ${maxVersion}`]),
)

const configs = table(
  ['config', 'default', 'can be altered', 'meaning'],
  [
    ...topicConfigs.map((config) => [`\`${config.name}\``, defaultText(config), 'yes', config.documentation]),
    ...fixedConfigs.map(({ name, value, documentation }) => [`\`${name}\``, value, 'no', documentation]),
  ],
)

/** The page with the table behind its mark; what stood there before is replaced. */
function withTable(text: string, mark: string, made: string): string {
  const found = new RegExp(`(<!-- ${mark}: [^>]*-->\\n)(?:\\n\\|[^\\n]*(?:\\n\\|[^\\n]*)*\\n)?`)
  if (!found.test(text)) throw new Error(`docs/kafka.md has no mark ${mark}`)
  return text.replace(found, (_, head: string) => `${head}\n${made}\n`)
}

it('the page for Kafka clients tells of the APIs and configs that are served', async () => {
  const text = readFileSync(page, 'utf8')
  await expect(withTable(withTable(text, 'configs', configs), 'apis', apis)).toMatchFileSnapshot(page)
})
