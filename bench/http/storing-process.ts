// What the device allows: a bare server that keeps each body as the hub has to, and looks at nothing in it. What came
// while the last sync ran is written to a file that grows and to one whose blocks are there already, the second is
// synced, and then all of it is answered.
//
// Argument: a directory for the two files.

import { closeSync, fdatasync, ftruncateSync, openSync, writeSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import { join } from 'node:path'

/** As the journal's files have it. */
const journalBytes = 64 * 1024 * 1024
/** So much is kept of what grows, as the topic of the comparison has it. */
const segmentBytes = 256 * 1024 * 1024

interface Waiting {
  readonly body: Buffer
  readonly response: ServerResponse
}

const directory = process.argv[2] ?? '.'
const journal = openSync(join(directory, 'journal'), 'w')
const segment = openSync(join(directory, 'segment'), 'w')
for (let position = 0; position < journalBytes; position += 1024 * 1024) {
  writeSync(journal, Buffer.alloc(1024 * 1024), 0, 1024 * 1024, position)
}
let waiting: Waiting[] = []
let isStoring = false
let journalPosition = 0
let segmentPosition = 0

function store(): void {
  if (isStoring || waiting.length === 0) return
  const stored = waiting
  waiting = []
  isStoring = true
  for (const { body } of stored) write(body)
  fdatasync(journal, (error) => {
    if (error !== null) throw error
    isStoring = false
    store()
    for (const { body, response } of stored) answer(response, body.length)
  })
}

function write(body: Buffer): void {
  if (segmentPosition + body.length > segmentBytes) {
    ftruncateSync(segment, 0)
    segmentPosition = 0
  }
  if (journalPosition + body.length > journalBytes) journalPosition = 0
  segmentPosition += writeSync(segment, body, 0, body.length, segmentPosition)
  journalPosition += writeSync(journal, body, 0, body.length, journalPosition)
}

function answer(response: ServerResponse, bytes: number): void {
  const text = `{"bytes":${bytes}}`
  response.writeHead(202, { 'content-type': 'application/json', 'content-length': text.length })
  response.end(text)
}

const server = createServer({ noDelay: true }, (request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    waiting.push({ body: Buffer.concat(chunks), response })
    store()
  })
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (address !== null && typeof address === 'object') process.stdout.write(`storing ready port=${address.port}\n`)
})
process.once('SIGTERM', () => {
  closeSync(journal)
  closeSync(segment)
  process.exit(0)
})
