/**
 * Features (KIP-584): behaviours that all nodes of a cluster switch on together. A level is changed by UpdateFeatures and
 * kept in the metadata log; clients learn it from ApiVersions and choose versions by it.
 */
import { ErrorCode, KafkaError } from '@millrace/protocol'

interface Feature {
  readonly min: number
  readonly max: number
  /** In use unless the metadata log says otherwise. */
  readonly initial: number
}

export const FEATURES = {
  /** 1: groups whose assignments the broker computes (KIP-848). */
  'group.version': { min: 0, max: 1, initial: 1 },
  /** The newest kind of metadata records: that of Kafka 4.3. */
  'metadata.version': { min: 30, max: 30, initial: 30 },
  /** 2: each transaction has a producer epoch of its own (KIP-890). */
  'transaction.version': { min: 0, max: 2, initial: 2 },
} as const satisfies Record<string, Feature>

export type FeatureName = keyof typeof FEATURES

const BY_NAME: ReadonlyMap<string, Feature> = new Map(Object.entries(FEATURES))

/** `UpdateFeaturesRequest.UpgradeType` of Kafka: which way a level may go. */
export const UPGRADE_TYPE = { upgrade: 1, safeDowngrade: 2, unsafeDowngrade: 3 } as const

/** The levels in use. */
export class FeatureLevels {
  private readonly changed = new Map<string, number>()

  /** 0: not in use. */
  of(name: FeatureName): number {
    return this.changed.get(name) ?? FEATURES[name].initial
  }
  /** All that are known, in use or not. */
  *entries(): Generator<[name: FeatureName, level: number], void, undefined> {
    for (const name of Object.keys(FEATURES) as FeatureName[]) yield [name, this.of(name)]
  }

  /** For the replay of the metadata log only. */
  set(name: string, level: number): void {
    if (BY_NAME.has(name)) this.changed.set(name, level)
  }

  /** Throws {@link KafkaError} INVALID_UPDATE_VERSION or INVALID_REQUEST. */
  checkUpdate(name: string, level: number, upgradeType: number): void {
    const feature = BY_NAME.get(name)
    if (feature === undefined)
      throw new KafkaError(ErrorCode.INVALID_UPDATE_VERSION, `there is no feature ${name} here`)
    if (level < feature.min || level > feature.max)
      throw new KafkaError(
        ErrorCode.INVALID_UPDATE_VERSION,
        `${name} has levels ${feature.min} to ${feature.max}, ${level} is none of them`,
      )
    const isDowngrade = level < this.of(name as FeatureName)
    if (isDowngrade && upgradeType === UPGRADE_TYPE.upgrade)
      throw new KafkaError(ErrorCode.INVALID_UPDATE_VERSION, `level ${level} of ${name} would be a downgrade`)
  }
}
