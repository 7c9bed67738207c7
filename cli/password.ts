// A password from who sits at the terminal, unseen and twice, or from whatever is piped in: its first line.

import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'

/** What was entered, or why it cannot be used. */
export type EnteredPassword = { readonly password: string } | { readonly problem: string }

export interface Terminal {
  readonly input: NodeJS.ReadableStream
  readonly output: NodeJS.WritableStream
}

/** Asks who sits at the terminal, or takes the first line of the input when nobody does. */
export async function readPassword(): Promise<EnteredPassword> {
  if (!process.stdin.isTTY) return { password: await firstLine() }
  return askTwice({ input: process.stdin, output: process.stderr })
}

/** Ends with a problem when the entries differ, or when the input ends (Ctrl-D, Ctrl-C) before both are there. */
export async function askTwice(terminal: Terminal): Promise<EnteredPassword> {
  const first = await ask('password: ', terminal)
  const second = first === undefined ? undefined : await ask('again: ', terminal)
  if (first === undefined || second === undefined) return { problem: 'no password was entered' }
  return first === second ? { password: first } : { problem: 'the two passwords differ' }
}

async function firstLine(): Promise<string> {
  for await (const line of createInterface({ input: process.stdin })) return line
  return ''
}

/** undefined when the input ends instead. */
function ask(question: string, { input, output }: Terminal): Promise<string | undefined> {
  const unseen = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input, output: unseen, terminal: true })
  return new Promise((resolve) => {
    let entered: string | undefined
    lines.once('line', (line) => {
      entered = line
      lines.close()
    })
    lines.once('close', () => {
      output.write('\n')
      resolve(entered)
    })
    output.write(question)
  })
}
