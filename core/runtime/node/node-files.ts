// The real disk. Files are made with mode 0600, directories with 0700, whatever the umask of the process allows.

import fs from 'node:fs'
import type { TailraceError } from '../../errors/tailrace-error.js'
import type { Files, FileStat, OpenFile, OpenMode } from '../files.js'
import { replaceFile } from '../replace-file.js'
import { fileStat, NodeFile } from './node-file.js'
import { errnoOf, systemFailure } from './system-error.js'

const { O_CREAT, O_EXCL, O_NONBLOCK, O_RDONLY, O_RDWR } = fs.constants

const flagsOf: Readonly<Record<OpenMode, number>> = {
  // Non-blocking: opening a named pipe that nobody writes to would hold a thread for good. Means nothing to files.
  read: O_RDONLY | O_NONBLOCK,
  write: O_RDWR,
  create: O_RDWR | O_CREAT,
  'create-new': O_RDWR | O_CREAT | O_EXCL,
}

const fileMode = 0o600
const directoryMode = 0o700

export const nodeFiles: Files = {
  async open(path: string, mode: OpenMode): Promise<OpenFile> {
    const descriptor = await attempt('open', path, () => openDescriptor(path, flagsOf[mode]))
    return new NodeFile(path, descriptor)
  },

  openSync(path: string, mode: OpenMode): OpenFile {
    try {
      return new NodeFile(path, fs.openSync(path, flagsOf[mode], fileMode))
    } catch (error) {
      throw systemFailure('open', path, error)
    }
  },

  rename: (from, to) => attempt(`rename to ${to}`, from, () => fs.promises.rename(from, to)),

  unlink: (path) => attempt('remove', path, () => fs.promises.unlink(path)),

  async makeDirectory(path: string): Promise<void> {
    await attempt('make directory', path, () => fs.promises.mkdir(path, { recursive: true, mode: directoryMode }))
  },

  removeDirectory: (path) => attempt('remove directory', path, () => fs.promises.rmdir(path)),

  async list(path: string): Promise<readonly string[]> {
    const names = await attempt('list', path, () => fs.promises.readdir(path))
    return names.sort()
  },

  stat: (path) => statOrNothing(path, () => fs.promises.stat(path, { bigint: true })),

  statLink: (path) => statOrNothing(path, () => fs.promises.lstat(path, { bigint: true })),

  realPath: (path) => attempt('resolve', path, () => fs.promises.realpath(path)),

  syncDirectory: (path) => attempt('sync directory', path, () => syncDirectory(path)),

  readAll: (path) => attempt('read', path, () => fs.promises.readFile(path)),

  replace: (path, bytes) => replaceFile(nodeFiles, path, bytes),

  async freeBytes(path: string): Promise<number> {
    const system = await attempt('measure', path, () => fs.promises.statfs(path))
    return system.bavail * system.bsize
  },
}

async function attempt<T>(operation: string, path: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    throw systemFailure(operation, path, error)
  }
}

function openDescriptor(path: string, flags: number): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.open(path, flags, fileMode, (error, descriptor) => (error ? reject(error) : resolve(descriptor)))
  })
}

async function statOrNothing(path: string, stat: () => Promise<fs.BigIntStats>): Promise<FileStat | undefined> {
  try {
    return fileStat(await stat())
  } catch (error) {
    return absentOrThrow(systemFailure('stat', path, error), error)
  }
}

function absentOrThrow(failure: TailraceError, cause: unknown): undefined {
  const errno = errnoOf(cause)
  if (errno === 'ENOENT' || errno === 'ENOTDIR') return undefined
  throw failure
}

async function syncDirectory(path: string): Promise<void> {
  const handle = await fs.promises.open(path, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
