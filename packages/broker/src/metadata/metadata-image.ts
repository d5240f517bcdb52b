import type { MetadataRecordInput } from '@millrace/protocol'

export interface TopicImage {
  readonly name: string
  /** Kafka's text form. */
  readonly id: string
  readonly partitionCount: number
  /** Settings of the topic itself, Kafka's names and text forms. */
  readonly configs: ReadonlyMap<string, string>
}

/** What the metadata log says. Pure: changed by {@link replay} only. */
export declare class MetadataImage {
  /** By name, in order of creation. */
  readonly topics: ReadonlyMap<string, TopicImage>
  topicById(id: string): TopicImage | undefined
  /** The topic that `name` equals or collides with (`.` and `_` count as the same), undefined if there is none. */
  collidingTopic(name: string): TopicImage | undefined
  /** Dynamic settings of the broker. */
  readonly brokerConfigs: ReadonlyMap<string, string>
  /** First producer id that no broker start has reserved. */
  readonly nextProducerId: number
  replay(record: MetadataRecordInput): void
}
