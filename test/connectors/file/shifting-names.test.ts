// logrotate shifts app.log.1 to app.log.2 and so on; a look, and what follows from it, may stand in the middle of that.

import fs from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { nodeFiles } from '../../../core/runtime/node/node-files.js'
import { makeDirectory, Tail } from './kit.js'

it('reads nothing again when names shift between a look and the comparison of contents', async () => {
  const directory = makeDirectory()
  const log = path.join(directory, 'app.log')
  let rotatesBeforeOpen = false
  const rotate = (): void => {
    for (const number of [3, 2, 1]) {
      if (fs.existsSync(`${log}.${number}`)) fs.renameSync(`${log}.${number}`, `${log}.${number + 1}`)
    }
    if (fs.existsSync(log)) fs.renameSync(log, `${log}.1`)
  }
  const files = {
    openSync: (...wanted: Parameters<typeof nodeFiles.openSync>) => {
      if (rotatesBeforeOpen) rotate()
      rotatesBeforeOpen = false
      return nodeFiles.openSync(...wanted)
    },
  }
  const tail = await Tail.start({ directory, settings: { include: ['*.log*'] }, files })
  for (const name of ['first', 'second']) {
    fs.writeFileSync(log, `${name} 1\n${name} 2\n`)
    await tail.settle()
    rotate()
    await tail.settle()
  }
  const everything = ['first 1', 'first 2', 'second 1', 'second 2']
  expect(tail.values).toEqual(everything)
  rotate()
  rotatesBeforeOpen = true
  await tail.settle()
  await tail.settle()
  expect(tail.values).toEqual(everything)
})
