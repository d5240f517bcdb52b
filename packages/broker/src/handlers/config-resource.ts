/** `ConfigResource.Type` of Kafka; the one of topics is `TOPIC_RESOURCE`. */
export const BROKER_RESOURCE = 4
