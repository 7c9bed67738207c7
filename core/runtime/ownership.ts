// One owner per directory: the contract. node/socket-ownership.ts implements it with a Unix socket.

/** Who holds a directory, as it says of itself. */
export interface OwnerCard {
  readonly pid: number
  readonly host: string
  readonly startedAt: string
  readonly command: string
}

export interface Claim {
  /** Aborted when the place was lost (the socket's name no longer leads to us): stop before the next write. */
  readonly lost: AbortSignal
  /** Releasing twice is fine. */
  release(): Promise<void>
}

export interface Ownership {
  /**
   * Takes the directory, which must exist, or fails within a second with `directory_owned`, naming the owner. After
   * the owner's death (even by SIGKILL) the place is free at once.
   */
  claim(directory: string): Promise<Claim>
}
