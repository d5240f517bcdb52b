/** Behaviours that a whole cluster switches on together (KIP-584). */
import { APIS, ErrorCode } from '@millrace/protocol'
import type { Cluster } from '../cluster/cluster.ts'
import { CLIENT_SOFTWARE } from '../connection/client-software.ts'
import type { TimeLimit } from '../connection/time-limit.ts'
import { callOnce, failureOf } from './resource-calls.ts'

const UPGRADE_TYPES = { upgrade: 1, safeDowngrade: 2, unsafeDowngrade: 3 } as const

export interface VersionLevels {
  readonly min: number
  readonly max: number
}

export interface FeatureMetadata {
  /** In use, by name. */
  readonly finalizedFeatures: ReadonlyMap<string, VersionLevels>
  /** Grows with each change of them; null if the broker does not say. */
  readonly finalizedFeaturesEpoch: number | null
  /** What this broker could use. */
  readonly supportedFeatures: ReadonlyMap<string, VersionLevels>
}

export interface FeatureUpdate {
  readonly feature: string
  /** 0 switches the feature off. */
  readonly maxVersionLevel: number
  /** `upgrade` by default; a safe downgrade loses nothing. */
  readonly upgradeType?: keyof typeof UPGRADE_TYPES | undefined
}

export function describeFeatures(cluster: Cluster, limit: TimeLimit): Promise<FeatureMetadata> {
  return callOnce(cluster, 'describing features', limit, async (node, remaining) => {
    const answer = await cluster.request(
      { node, lane: 'main' },
      APIS.ApiVersions,
      () => ({ clientSoftwareName: CLIENT_SOFTWARE.name, clientSoftwareVersion: CLIENT_SOFTWARE.version }),
      remaining,
    )
    if (answer.errorCode !== ErrorCode.NONE) return failureOf(answer.errorCode, 'describing features')
    return {
      finalizedFeatures: new Map(
        answer.finalizedFeatures.map(({ name, minVersionLevel: min, maxVersionLevel: max }) => [name, { min, max }]),
      ),
      finalizedFeaturesEpoch: answer.finalizedFeaturesEpoch < 0 ? null : answer.finalizedFeaturesEpoch,
      supportedFeatures: new Map(
        answer.supportedFeatures.map(({ name, minVersion: min, maxVersion: max }) => [name, { min, max }]),
      ),
    }
  })
}

/** All together, or none. */
export async function updateFeatures(
  cluster: Cluster,
  updates: readonly FeatureUpdate[],
  validateOnly: boolean,
  limit: TimeLimit,
): Promise<void> {
  await callOnce<true>(cluster, 'updating features', limit, async (node, remaining) => {
    const answer = await cluster.request(
      { node, lane: 'main' },
      APIS.UpdateFeatures,
      version => ({
        timeoutMs: Math.ceil(remaining.timeoutMs),
        featureUpdates: updates.map(({ feature, maxVersionLevel, upgradeType = 'upgrade' }) => ({
          feature,
          maxVersionLevel,
          allowDowngrade: version === 0 && upgradeType !== 'upgrade',
          ...(version === 0 ? {} : { upgradeType: UPGRADE_TYPES[upgradeType] }),
        })),
        ...(version === 0 ? {} : { validateOnly }),
      }),
      remaining,
    )
    const failed = [answer, ...answer.results].find(({ errorCode }) => errorCode !== ErrorCode.NONE)
    return failed === undefined || failureOf(failed.errorCode, 'updating features', failed.errorMessage)
  })
}
