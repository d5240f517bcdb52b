/** What settings belong to: `ConfigResource.Type` of Kafka, in ConfigRecord and the config APIs. */
export const ConfigResource = { topic: 2, broker: 4 } as const
