/** Topics that an application makes for itself: names and configs as Kafka Streams gives them. */
import type { StoreBuilder } from '../state/store-builder.ts'

export interface InternalTopic {
  /** With the application's prefix. */
  readonly name: string
  readonly kind: 'repartition' | 'changelog'
  /** Undefined: as many as the greatest of the topics that feed it, or as the sub-topology that owns it has tasks. */
  readonly partitionCount: number | undefined
  /** Kafka's property names. */
  readonly config: Readonly<Record<string, string>>
}

export interface InternalTopicSettings {
  /** The application's `topic.*` settings without their prefix. They win over the library's, a store's own over them. */
  readonly topicConfig: Readonly<Record<string, string>>
  /** `windowstore.changelog.additional.retention.ms`: how far a changelog's clock may lag behind the store's. */
  readonly windowStoreAdditionalRetentionMs: number
}

const REPARTITION_SEGMENT_BYTES = 50 * 1024 * 1024

export function repartitionTopic(
  applicationId: string,
  topic: string,
  partitionCount: number | undefined,
  settings: InternalTopicSettings,
): InternalTopic {
  return {
    name: internalTopicName(applicationId, topic),
    kind: 'repartition',
    partitionCount,
    config: {
      'message.timestamp.type': 'CreateTime',
      'cleanup.policy': 'delete',
      'retention.ms': '-1',
      'segment.bytes': String(REPARTITION_SEGMENT_BYTES),
      ...settings.topicConfig,
    },
  }
}

/** The store must have a changelog. */
export function changelogTopic(
  applicationId: string,
  { name, supplier, changelogConfig }: StoreBuilder,
  settings: InternalTopicSettings,
): InternalTopic {
  const cleanup: Record<string, string> =
    supplier.kind !== 'key-value'
      ? {
          // each record of a join has a key of its own, so there is nothing to compact
          'cleanup.policy': supplier.kind === 'join' ? 'delete' : 'compact,delete',
          'retention.ms': String(supplier.retentionMs + settings.windowStoreAdditionalRetentionMs),
        }
      : { 'cleanup.policy': 'compact' }
  return {
    name: changelogTopicName(applicationId, name),
    kind: 'changelog',
    partitionCount: undefined,
    config: { 'message.timestamp.type': 'CreateTime', ...cleanup, ...settings.topicConfig, ...changelogConfig },
  }
}

export function changelogTopicName(applicationId: string, storeName: string): string {
  return internalTopicName(applicationId, `${storeName}-changelog`)
}

export function internalTopicName(applicationId: string, topic: string): string {
  return `${applicationId}-${topic}`
}
