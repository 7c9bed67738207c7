// Temporary files of one run of a source, for what does not fit into memory and will be read once. Nothing in them
// survives a restart: whatever has to is in the log.

/** A file of its own for each thing that waits. One call at a time for each file. */
export interface SpoolFile {
  readonly sizeBytes: number
  /**
   * Writes behind the end; the caller leaves the bytes alone until it settles. A failure leaves the file as it was.
   * Errors: disk_full and spool_full, both `timed`; what else the disk answers.
   */
  append(bytes: Uint8Array): Promise<void>
  /** Reads up to `length` bytes into `into` at `at`; how many there were, fewer only at the end of the file. */
  read(into: Uint8Array, at: number, length: number, position: number): Promise<number>
  /** Cuts the file, which is at least as long, to `sizeBytes` and gives back the rest. */
  truncate(sizeBytes: number): Promise<void>
  /** Twice is fine. */
  remove(): Promise<void>
}

export interface Spool {
  /** An empty file; `name` is for people who look, and is made unique. Errors: those of the disk. */
  create(name: string): Promise<SpoolFile>
  /** Of all files together. */
  readonly sizeBytes: number
}
