// Every bound of transactions, with its reason. Times stand in milliseconds.

/** Each transactional id costs memory and a record in the log; streams of short-lived names make new ones without end. */
export const maxTransactionalIds = 10_000

/** Names come as int16-counted strings; this also bounds what a record's key takes. */
export const maxTransactionalIdBytes = 255

/** Readers of a partition wait behind an open transaction; 15 min as Kafka's transaction.max.timeout.ms. */
export const minTransactionTimeoutMs = 1
export const maxTransactionTimeoutMs = 15 * 60_000

/** The largest set-up that one machine is built for; as many markers, of about 80 bytes each, fit into the end. */
export const maxPartitions = 10_000

/** A transaction commits what one consumer has read; more than some groups at once is a mistake. */
export const maxGroups = 100

/** Of one transaction over all its groups; as many as a group has. */
export const maxPendingOffsets = 10_000

/** What the offsets of one transaction take in the end, which is one append of at most 8 MiB with the markers. */
export const maxPendingBytes = 4 * 1024 * 1024

/** Over all transactions: what clients could keep in memory with many transactional ids. */
export const maxPartitionsOfAll = 1_000_000
export const maxPendingBytesOfAll = 64 * 1024 * 1024

/** An id that was not used for so long is forgotten; as Kafka's transactional.id.expiration.ms. */
export const idleExpiryMs = 7 * 24 * 60 * 60_000

/** How often idle ids are looked for. */
export const sweepMs = 60 * 60_000

/** How long after a failure the abort of a transaction that ran out of time is tried again. */
export const retryAbortMs = 1_000
