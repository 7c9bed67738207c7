// Bodies in `aws-chunked` encoding, with sums behind them: what clients send when they do not know a body beforehand.

import { Refusal } from './s3-answer.js'

export interface DecodedBody {
  readonly body: Buffer
  readonly trailers: Readonly<Record<string, string>>
}

/** Chunks of `SIZE-IN-HEX[;chunk-signature=…]`, then trailers, then an empty line. */
export function decodeChunks(encoded: Buffer): DecodedBody {
  const chunks: Buffer[] = []
  let at = 0
  for (;;) {
    const end = encoded.indexOf('\r\n', at)
    const size = end < 0 ? Number.NaN : Number.parseInt(encoded.toString('latin1', at, end), 16)
    if (!Number.isInteger(size)) throw new Refusal(400, 'IncompleteBody', 'The body is not chunked as it says.')
    at = end + 2
    if (size === 0) break
    chunks.push(encoded.subarray(at, at + size))
    at += size + 2
  }
  const lines = encoded.toString('latin1', at).split('\r\n')
  const pairs = lines.filter((line) => line.includes(':')).map((line) => line.split(/:(.*)/s, 2) as [string, string])
  return {
    body: Buffer.concat(chunks),
    trailers: Object.fromEntries(pairs.map(([name, value]) => [name.trim().toLowerCase(), value.trim()])),
  }
}
