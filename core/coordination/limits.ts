// Every bound of consumer groups, with its reason. Times stand in milliseconds.

/** A group reads at most some thousand partitions; more members than partitions own nothing. */
export const maxMembers = 1_000

/** Each group costs memory and a record in the log; console clients make new ones without end. */
export const maxGroups = 10_000

/** One group on the largest set-up that one machine is built for: 20 topics with 500 partitions. */
export const maxOffsetsPerGroup = 10_000

/** Of one member, over all its protocols. Real ones are below 100 KB. */
export const maxMemberMetadataBytes = 1024 * 1024

/** Of all members together, and once more of all assignments together: so that a group's record stays below 6 MiB. */
export const maxGroupMetadataBytes = 2 * 1024 * 1024

/** Protocols that one member offers; clients offer one to four. */
export const maxProtocols = 32

/** Names come as int16-counted strings; this also bounds what a record's key takes. */
export const maxGroupNameBytes = 255
export const maxMemberNameBytes = 1024

/** As Kafka's offset.metadata.max.bytes. */
export const maxCommitMetadataLength = 4096

/** Below a second a busy process loses its members; above half an hour a dead one blocks its partitions for too long. */
export const minSessionTimeoutMs = 1_000
export const maxSessionTimeoutMs = 30 * 60_000

/** Time to rejoin beyond these is cut to them: too little leaves members out for nothing, for too much the others wait. */
export const minRebalanceTimeoutMs = 1_000
export const maxRebalanceTimeoutMs = 60 * 60_000

/** Enough to see the last rebalances of a group and their reasons. */
export const maxGroupEvents = 50

/**
 * Of each name that a client brings into an event: a UUID and what stands before it. An event names at most four, so that
 * the events of a group take at most 32 KiB.
 */
export const maxShownCharacters = 64

/** How often it is looked for groups that expire, at the least; Kafka's offsets.retention.check.interval.ms. */
export const longestExpiryCheckMs = 10 * 60_000

/** How long after a failed append of the group's record it is tried again. */
export const retryAppendMs = 1_000
