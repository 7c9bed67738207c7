// Where a source listens by itself, for rules over all sources of a run.

export interface ListenUse {
  readonly protocol: 'tcp' | 'udp'
  /** Without brackets. */
  readonly host: string
  /** 0 picks a free one. */
  readonly port: number
  /** Keys of the setting that says the address, from the connector's own object down. */
  readonly setting: readonly string[]
}
