// What configs belong to; Kafka: ConfigResource.Type.

export const resourceTypes = { topic: 2, broker: 4 } as const
