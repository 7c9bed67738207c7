// One comparison of the benchmark: it can be run alone, and has a directory of its own.

export interface Setting {
  /** Empty, on the file system that is measured. */
  readonly directory: string
  readonly pairs: number
}

export interface Section {
  readonly name: string
  /** Prints its figures. */
  run(name: string, setting: Setting): Promise<void>
}
