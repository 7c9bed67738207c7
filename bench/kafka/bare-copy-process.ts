// The denominator of the blaster: what comes from sockets goes to a file, chunk by chunk. It reads no frame and checks
// nothing; it knows how long a request is, and answers with given bytes for each length that has come.

import { openSync, writeSync } from 'node:fs'
import { createServer } from 'node:net'
import { produceAnswer } from './produce-load.js'

const [path, requestBytesText, topic] = process.argv.slice(2)
if (path === undefined || requestBytesText === undefined || topic === undefined) {
  throw new Error('usage: bare-copy-process FILE REQUEST-BYTES TOPIC')
}
const requestBytes = Number(requestBytesText)
const answer = produceAnswer(topic)
const file = openSync(path, 'w')

const server = createServer({ noDelay: true }, (socket) => {
  let waitingBytes = 0
  socket.on('error', () => socket.destroy())
  socket.on('data', (chunk: Buffer) => {
    writeSync(file, chunk)
    waitingBytes += chunk.length
    while (waitingBytes >= requestBytes) {
      waitingBytes -= requestBytes
      socket.write(answer)
    }
  })
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (address !== null && typeof address === 'object') process.stdout.write(`bare copy ready port=${address.port}\n`)
})
