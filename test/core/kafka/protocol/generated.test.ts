import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { codecSource } from '../../../../core/message/codec-source.js'
import { repositoryRoot } from '../../../architecture/source-files.js'
import { declaredMessages, protocolFolder } from './declarations.js'

const command = 'npx vitest run test/core/kafka/protocol/generated.test.ts -u'

/** The text of each codec by file name, formatted as the project's formatter does it. */
async function generatedCodecs(): Promise<ReadonlyMap<string, string>> {
  const folder = mkdtempSync(join(tmpdir(), 'tailrace-codecs-'))
  try {
    for (const { message, tableFile, codecFile } of await declaredMessages()) {
      const header = `// Generated from messages/${tableFile}.ts, do not edit: \`${command}\` writes it anew.`
      writeFileSync(join(folder, `${codecFile}.ts`), codecSource(message, header, '../../../message'))
    }
    const biome = join(repositoryRoot, 'node_modules/@biomejs/biome/bin/biome')
    const settings = ['--config-path', join(repositoryRoot, 'biome.json'), '--vcs-enabled=false']
    const run = spawnSync(process.execPath, [biome, 'format', '--write', ...settings, folder], { encoding: 'utf8' })
    expect(run.status, run.stderr).toBe(0)
    return new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

describe('the generated codecs', async () => {
  const codecs = await generatedCodecs()

  it('are what the tables say', async () => {
    for (const [name, text] of codecs) await expect(text).toMatchFileSnapshot(join(protocolFolder, 'generated', name))
  })

  it('are all there is in their folder', () => {
    expect(readdirSync(join(protocolFolder, 'generated')).sort()).toEqual([...codecs.keys()].sort())
  })

  it('stay below 600 lines a file', () => {
    const long = [...codecs].filter(([, text]) => text.split('\n').length > 600)
    expect(long.map(([name]) => name)).toEqual([])
  })
})
