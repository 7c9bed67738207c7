// The door to the disk. Nothing outside core/runtime touches node:fs; tests put a simulated disk behind this.
//
// Failures are TailraceErrors of core/runtime/errors.ts with the system's code in `details.errno`:
// disk_full (ENOSPC, EDQUOT, EFBIG, EROFS) and too_many_files (EMFILE, ENFILE) are `timed`, not_found, denied and
// io_failed are not. A read or write is complete when it returns: short counts and EINTR are looped over inside.

export type OpenMode =
  | 'read' // must exist
  | 'write' // read and write, must exist
  | 'create' // read and write, made when missing
  | 'create-new' // read and write, must not exist

export interface FileStat {
  readonly kind: 'file' | 'directory' | 'link' | 'other'
  readonly bytes: number
  readonly device: number
  /** As text: inodes of some file systems do not fit into a double. */
  readonly inode: string
  readonly modifiedMs: number
  /** 0 where the file system does not know it. */
  readonly bornMs: number
  /** How many names the file has; 0 for an open file that was unlinked. */
  readonly links: number
}

/**
 * An open file. The synchronous calls are for the hot path, where a thread-pool round trip (30 µs) costs more than
 * the call; the asynchronous ones for large transfers and for everything that waits for the device.
 */
export interface OpenFile {
  readonly path: string
  /** Reads up to `length` bytes into `into` at `at`; returns the count, less than `length` only at the end of file. */
  read(into: Uint8Array, at: number, length: number, position: number): Promise<number>
  readSync(into: Uint8Array, at: number, length: number, position: number): number
  /** Writes all of `bytes` at `position`. The caller leaves the bytes alone until it settles. */
  write(bytes: Uint8Array, position: number): Promise<void>
  writeSync(bytes: Uint8Array, position: number): void
  /** Writes all of the parts, one behind the other, from `position` on. */
  writevSync(parts: readonly Uint8Array[], position: number): void
  /** fdatasync: what was written before the call is on the device when it resolves. Never retried by the caller after a failure. */
  datasync(): Promise<void>
  truncate(bytes: number): Promise<void>
  truncateSync(bytes: number): void
  stat(): Promise<FileStat>
  sizeSync(): number
  /** Closing twice is fine. */
  close(): Promise<void>
  closeSync(): void
}

export interface Files {
  open(path: string, mode: OpenMode): Promise<OpenFile>
  openSync(path: string, mode: OpenMode): OpenFile
  rename(from: string, to: string): Promise<void>
  /** A missing file is not_found. */
  unlink(path: string): Promise<void>
  /** Makes missing parents too; an existing directory is fine. Mode 0700. */
  makeDirectory(path: string): Promise<void>
  removeDirectory(path: string): Promise<void>
  /** Names (not paths) in the directory, sorted. */
  list(path: string): Promise<readonly string[]>
  /** Follows symbolic links; undefined when nothing is there. */
  stat(path: string): Promise<FileStat | undefined>
  /** Does not follow a last symbolic link; undefined when nothing is there. */
  statLink(path: string): Promise<FileStat | undefined>
  realPath(path: string): Promise<string>
  /** fsync of a directory: the names made, renamed and removed in it before the call are on the device. */
  syncDirectory(path: string): Promise<void>
  /** Whole file, or not_found. */
  readAll(path: string): Promise<Buffer>
  /**
   * Replaces a file so that after a crash it holds the old bytes or the new, never a mix: temporary name, write,
   * sync, rename, sync of the directory. Mode 0600.
   */
  replace(path: string, bytes: Uint8Array): Promise<void>
  /** Bytes that an unprivileged writer may still use on the file system of `path`. */
  freeBytes(path: string): Promise<number>
}
