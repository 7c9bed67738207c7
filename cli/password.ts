// A password from who sits at the terminal, unseen and twice, or from whatever is piped in: its first line.

import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'

/** undefined when the two entries at the terminal differ. */
export async function readPassword(): Promise<string | undefined> {
  if (!process.stdin.isTTY) return firstLine()
  const first = await ask('password: ')
  return (await ask('again: ')) === first ? first : undefined
}

async function firstLine(): Promise<string> {
  for await (const line of createInterface({ input: process.stdin })) return line
  return ''
}

function ask(question: string): Promise<string> {
  const unseen = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: process.stdin, output: unseen, terminal: true })
  process.stderr.write(question)
  return new Promise((resolve) => {
    lines.once('line', (line) => {
      lines.close()
      process.stderr.write('\n')
      resolve(line)
    })
  })
}
