// A row where it lies: for each column its kind and where its bytes begin and end. One object serves all rows; it grows
// to the widest table (1,600 columns at most) and then makes nothing any more.

/** Kinds of a value: null, unchanged and not sent (TOAST), text, binary. */
export const nullKind = 0x6e
export const unchangedKind = 0x75
export const textKind = 0x74
export const binaryKind = 0x62

/** The largest number of columns that a table, or the result of a query, can have. */
export const mostColumns = 1664

export class TupleView {
  /** How many columns the row has; what lies behind in the arrays is of an earlier row. */
  count = 0
  /** Character codes: n, u, t or b. */
  kinds: Uint8Array
  /** For t and b: the range in `bytes`. */
  starts: Int32Array
  ends: Int32Array
  /** The frame that the row lies in: valid as long as the frame is. */
  bytes: Buffer = Buffer.alloc(0)

  constructor(capacity = 32) {
    this.kinds = new Uint8Array(capacity)
    this.starts = new Int32Array(capacity)
    this.ends = new Int32Array(capacity)
  }

  /** Becomes a row of `count` columns in `bytes`; the caller sets kinds and ranges. */
  begin(bytes: Buffer, count: number): void {
    this.bytes = bytes
    this.count = count
    if (count <= this.kinds.length) return
    const capacity = Math.max(count, 2 * this.kinds.length)
    this.kinds = new Uint8Array(capacity)
    this.starts = new Int32Array(capacity)
    this.ends = new Int32Array(capacity)
  }
}
