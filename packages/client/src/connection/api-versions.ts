/**
 * Which version of each API to speak with one broker: the highest that both sides know (KIP-35, KIP-511).
 *
 * The client speaks flexible versions only where it can: the minimums below are what Apache Kafka 2.8 has, and nothing
 * older is worth its code. A broker that lacks one is refused when the API is first used, not before, so that a broker
 * without transactions still serves a producer without them.
 */
import { APIS, type Api, type ApiName, type ApiVersionsResponse } from '@millrace/protocol'
import { UnsupportedBrokerError } from '../errors/client-errors.ts'

/** Lowest version of an API that this client can use. APIs without a row are used in whatever version there is. */
const MINIMUM_VERSIONS: Partial<Record<ApiName, number>> = {
  Produce: 9,
  Fetch: 12,
  ListOffsets: 6,
  Metadata: 9,
  OffsetCommit: 8,
  OffsetFetch: 7,
  FindCoordinator: 3,
  JoinGroup: 6,
  Heartbeat: 4,
  LeaveGroup: 4,
  SyncGroup: 4,
  InitProducerId: 3,
  AddPartitionsToTxn: 3,
  AddOffsetsToTxn: 3,
  EndTxn: 3,
  TxnOffsetCommit: 3,
  CreateTopics: 5,
  DescribeConfigs: 4,
  IncrementalAlterConfigs: 1,
  DeleteRecords: 2,
}

/** Highest version that this client uses although the protocol package knows a higher one. */
const MAXIMUM_VERSIONS: Partial<Record<ApiName, number>> = {
  // From 10 on topics travel by id only; a group may hold offsets of topics whose ids this client has never seen.
  OffsetCommit: 9,
  OffsetFetch: 9,
  // From 4 on it is for brokers.
  AddPartitionsToTxn: 3,
}

interface UsableVersions {
  readonly min: number
  readonly max: number
}

const USABLE: ReadonlyMap<number, UsableVersions> = new Map(
  Object.entries<Api>(APIS).map(([name, api]) => [
    api.key,
    {
      min: MINIMUM_VERSIONS[name as ApiName] ?? api.request.versions.min,
      max: MAXIMUM_VERSIONS[name as ApiName] ?? api.request.versions.max,
    },
  ]),
)

type Advertised = Pick<ApiVersionsResponse, 'apiKeys'> & Partial<Pick<ApiVersionsResponse, 'finalizedFeatures'>>

export class ApiVersions {
  private readonly versions = new Map<number, number>()
  private readonly advertised = new Map<number, { readonly minVersion: number; readonly maxVersion: number }>()

  private readonly features = new Map<string, number>()

  constructor(
    private readonly broker: string,
    advertised: Advertised,
  ) {
    for (const { name, maxVersionLevel } of advertised.finalizedFeatures ?? []) this.features.set(name, maxVersionLevel)
    for (const range of advertised.apiKeys) {
      this.advertised.set(range.apiKey, range)
      const usable = USABLE.get(range.apiKey)
      if (usable === undefined) continue
      const version = Math.min(range.maxVersion, usable.max)
      if (version >= usable.min && version >= range.minVersion) this.versions.set(range.apiKey, version)
    }
  }

  /** The version to speak, at most `cap`. Throws {@link UnsupportedBrokerError} when there is none. */
  of(api: Api, cap = Number.POSITIVE_INFINITY): number {
    const version = this.versions.get(api.key)
    if (version === undefined) throw new UnsupportedBrokerError(this.broker, this.gap(api))
    return Math.min(version, cap)
  }

  /** Level of a feature that the whole cluster has agreed on (KIP-584); 0 for one it does not know. */
  finalizedLevelOf(feature: string): number {
    return this.features.get(feature) ?? 0
  }

  private gap(api: Api): string {
    const range = this.advertised.get(api.key)
    if (range === undefined) return `does not know ${api.name} requests`
    const { min, max } = USABLE.get(api.key)!
    return `speaks ${api.name} ${range.minVersion}-${range.maxVersion}, this client ${min}-${max}`
  }
}
