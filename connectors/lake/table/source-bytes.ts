// The bytes that values are taken from, four at a time. The view of them is kept as long as they are the same, so that the
// values of a record, or of a batch of records, cost one view; for all tables together, so that it holds the memory of
// one batch and not of one for each file.

let lastBytes: Uint8Array = Buffer.alloc(0)
let lastView = new DataView(lastBytes.buffer, 0, 0)

/** A view of the bytes, good until the next call. */
export function sourceView(bytes: Uint8Array): DataView {
  if (bytes !== lastBytes) {
    lastView = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    lastBytes = bytes
  }
  return lastView
}
