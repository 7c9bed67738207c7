// The denominator of large bodies: reads each to its end, counts its lines, and answers with their number.

import { createServer } from 'node:http'

const lineFeed = 0x0a

const server = createServer({ noDelay: true }, (request, response) => {
  let lines = 0
  request.on('data', (chunk: Buffer) => {
    for (let at = chunk.indexOf(lineFeed); at !== -1; at = chunk.indexOf(lineFeed, at + 1)) lines++
  })
  request.on('end', () => {
    const body = `{"lines":${lines}}`
    response.writeHead(202, { 'content-type': 'application/json', 'content-length': body.length })
    response.end(body)
  })
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (address !== null && typeof address === 'object') process.stdout.write(`counting ready port=${address.port}\n`)
})
process.once('SIGTERM', () => process.exit(0))
