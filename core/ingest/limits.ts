// Every bound of the listener for HTTP sources, with its reason. Each stands before what it bounds is kept.

export interface IngestLimits {
  /** As most servers have it: a larger head is no request of a shipper or a webhook. */
  readonly headerBytes: number
  /** Each costs a descriptor and some kilobytes. */
  readonly connections: number
  /** Of one address, so that one peer does not take all; a proxy in front is one. */
  readonly connectionsOfOne: number
  /** Of bodies, as they were sent and unpacked, over all requests that are not answered yet. */
  readonly bodyBytes: number
  /** From the first byte of a request, or from the connection, to the end of its head. */
  readonly headersMs: number
  /** From the first byte of a request to the end of its body. */
  readonly requestMs: number
  /** Between two requests of a connection. */
  readonly keepAliveMs: number
  /** How often the three are looked at. */
  readonly checkMs: number
  /** How long, and how many bytes of, a body are read on that nobody wants, so that the answer is not lost with them. */
  readonly lingerMs: number
  readonly lingerBytes: number
  /** How long answers may take to leave when the listener closes; the drain of the whole hub has 10 s. */
  readonly closeMs: number
}

export const defaultLimits: IngestLimits = {
  headerBytes: 16 * 1024,
  connections: 1_000,
  connectionsOfOne: 100,
  bodyBytes: 64 * 1024 * 1024,
  headersMs: 10_000,
  requestMs: 60_000,
  keepAliveMs: 65_000,
  checkMs: 1_000,
  lingerMs: 1_000,
  lingerBytes: 256 * 1024,
  closeMs: 500,
}
