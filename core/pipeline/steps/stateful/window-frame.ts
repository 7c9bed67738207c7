// Which windows a time lies in. Windows are aligned to 1970 in UTC: a window begins at each multiple of `everyMs` and
// takes `sizeMs` from there, its end excluded. A tumbling window is one whose `everyMs` is its size.

export interface WindowFrame {
  readonly sizeMs: number
  /** Divides `sizeMs`. */
  readonly everyMs: number
}

/** A record counts in each of its windows, and each of them is an entry of the state. */
export const mostWindowsPerRecord = 100

/** Where the windows begin that hold the time, the first one first. */
export function windowsOf(timeMs: number, { sizeMs, everyMs }: WindowFrame): readonly number[] {
  const starts: number[] = []
  const lastMs = Math.floor(timeMs / everyMs) * everyMs
  for (let startMs = lastMs - sizeMs + everyMs; startMs <= lastMs; startMs += everyMs) starts.push(startMs)
  return starts
}
