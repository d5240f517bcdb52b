/** What settings belong to: `ConfigResource.Type` of Kafka, in ConfigRecord and the config APIs. */
export const ConfigResource = { topic: 2, broker: 4, brokerLogger: 8, clientMetrics: 16, group: 32 } as const
export type ConfigResourceType = (typeof ConfigResource)[keyof typeof ConfigResource]

/** The name of all brokers together. */
export const ALL_BROKERS = ''
