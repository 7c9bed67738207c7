// Every bound of the Kafka server, with its reason. Times stand in milliseconds.

/** As Kafka's socket.request.max.bytes. */
export const maxFrameBytes = 100 * 1024 * 1024

/** Each costs a file descriptor and some kilobytes; what is beyond is closed at once. */
export const maxConnections = 10_000

/** Requests that arrive or are at work and answers that are not taken yet, over all connections. */
export const maxInFlightBytes = 512 * 1024 * 1024

/** Beyond the bound above, for answers of one batch: who sends requests and does not end them keeps nobody from reading. */
export const maxOverdraftBytes = 128 * 1024 * 1024

/** Smaller requests are not counted: 10,000 connections with one each stay around the bound itself. */
export const uncountedRequestBytes = 64 * 1024

/** As Kafka's connections.max.idle.ms: a peer that vanished without a word costs its descriptor no longer. */
export const idleMs = 10 * 60_000

/** Who began a request and does not go on, or does not take its answer, holds memory of others. */
export const stalledMs = 60_000

/** The same while memory is tight: many who take nothing must not keep others waiting for a minute. */
export const tightStalledMs = 10_000

/** How long a fetch is held that finds no memory, before it is answered without records: clients ask again at once. */
export const noRoomMs = 100

/** Produces of one connection that wait for the log together: more than clients send without an answer by default. */
export const maxPipelinedRequests = 16

/** No further one begins beside so much: as large as the log's largest frame, behind which they would only wait. */
export const maxPipelinedBytes = 8 * 1024 * 1024

/** Memory of Produces that is kept for the next ones: some of the size that clients send when they are busy. */
export const maxKeptFrameBytes = 16 * 1024 * 1024

/** Behind a wrong password: ten guesses a second and connection at most, as Kafka's connection.failed.authentication.delay.ms. */
export const refusalDelayMs = 100

/** How often idle and stalled connections are looked for. */
export const sweepMs = 5_000

/** How long requests at work may take to end when the server closes; the drain of the whole hub has 10 s. */
export const drainMs = 5_000

/** As Kafka's fetch.max.bytes of a broker: an answer that fits into memory beside others. */
export const maxFetchBytes = 55 * 1024 * 1024

/** Longest held Fetch; clients ask for half a second. */
export const maxFetchWaitMs = 5 * 60_000
