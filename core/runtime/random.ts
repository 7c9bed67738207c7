// The door to chance.

export interface Random {
  /** `count` bytes, unpredictable in production. */
  bytes(count: number): Buffer
  /** Uniform in [0, 1). */
  fraction(): number
  /** A random (version 4) UUID in its canonical 36-character form. */
  uuid(): string
}
