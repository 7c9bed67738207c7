// Input of known size: numbered lines of one length, with some variety in them.

import { closeSync, openSync, writeSync } from 'node:fs'

export interface LineFile {
  readonly path: string
  /** With the line feed. */
  readonly lineBytes: number
  readonly lineCount: number
}

export function writeLineFile({ path, lineBytes, lineCount }: LineFile): void {
  const linesPerBlock = 4096
  const block = Buffer.alloc(lineBytes * linesPerBlock, 'GET /index.html 200 service=shop trace=9f31 ')
  const fd = openSync(path, 'w')
  for (let first = 0; first < lineCount; first += linesPerBlock) {
    const count = Math.min(linesPerBlock, lineCount - first)
    for (let line = 0; line < count; line++) {
      block.write(String(first + line).padStart(10, '0'), line * lineBytes, 'latin1')
      block[(line + 1) * lineBytes - 1] = 10
    }
    writeSync(fd, block, 0, count * lineBytes)
  }
  closeSync(fd)
}
