// The door to what the system grants this process.

export interface Limits {
  /** How many descriptors the process may hold at once (soft limit); its connections count too. */
  readonly openFiles: number
}
