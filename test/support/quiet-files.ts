// Real files that know whether anything is under way: for tests that move the time by hand and then wait for the disk.

import type { Files, OpenFile } from '../../core/runtime/files.js'

/** So many turns of the event loop without work mean that none follows. */
const quietTurns = 20

export interface WatchedFiles {
  readonly files: Files
  /** Resolves when no operation is under way and none was started for some turns. */
  quiet(): Promise<void>
}

export function watchFiles(files: Files): WatchedFiles {
  let inFlight = 0
  let startedCount = 0
  const counted = <T extends object>(target: T): T =>
    new Proxy(target, {
      get(from, name) {
        const member: unknown = Reflect.get(from, name)
        if (typeof member !== 'function') return member
        return (...parameters: unknown[]): unknown => {
          const result: unknown = Reflect.apply(member, from, parameters)
          startedCount++
          if (!(result instanceof Promise)) return isOpenFile(result) ? counted(result) : result
          inFlight++
          return result.then(
            (value: unknown) => {
              inFlight--
              return isOpenFile(value) ? counted(value) : value
            },
            (error: unknown) => {
              inFlight--
              throw error
            },
          )
        }
      },
    })
  const quiet = async (): Promise<void> => {
    let seen = -1
    for (let turns = 0; turns < quietTurns; turns++) {
      await new Promise((resolve) => setImmediate(resolve))
      if (inFlight > 0 || startedCount !== seen) turns = 0
      seen = startedCount
    }
  }
  return { files: counted(files), quiet }
}

function isOpenFile(value: unknown): value is OpenFile {
  return typeof value === 'object' && value !== null && 'datasync' in value
}
