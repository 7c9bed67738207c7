// The bytes that values are taken from, four at a time: a view of them is kept as long as they are the same, so that the
// values of a record, or of a batch of them, cost one view.

const nothing = Buffer.alloc(0)

export class SourceBytes {
  #bytes: Uint8Array = nothing
  #view = viewOf(nothing)

  /** Good until the next call. */
  view(bytes: Uint8Array): DataView {
    if (bytes !== this.#bytes) {
      this.#bytes = bytes
      this.#view = viewOf(bytes)
    }
    return this.#view
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
}
