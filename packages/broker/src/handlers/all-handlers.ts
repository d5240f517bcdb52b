import type { RequestHandler } from '../server/request-handler.ts'
import { produce } from './00-produce.ts'
import { fetch } from './01-fetch.ts'
import { listOffsets } from './02-list-offsets.ts'
import { metadata } from './03-metadata.ts'
import { offsetCommit } from './08-offset-commit.ts'
import { offsetFetch } from './09-offset-fetch.ts'
import { findCoordinator } from './10-find-coordinator.ts'
import { joinGroup } from './11-join-group.ts'
import { heartbeat } from './12-heartbeat.ts'
import { leaveGroup } from './13-leave-group.ts'
import { syncGroup } from './14-sync-group.ts'
import { describeGroups } from './15-describe-groups.ts'
import { listGroups } from './16-list-groups.ts'
import { apiVersions } from './18-api-versions.ts'
import { createTopics } from './19-create-topics.ts'
import { deleteTopics } from './20-delete-topics.ts'
import { initProducerId } from './22-init-producer-id.ts'
import { offsetForLeaderEpoch } from './23-offset-for-leader-epoch.ts'
import { describeConfigs } from './32-describe-configs.ts'
import { alterConfigs } from './33-alter-configs.ts'
import { createPartitions } from './37-create-partitions.ts'
import { deleteGroups } from './42-delete-groups.ts'
import { incrementalAlterConfigs } from './44-incremental-alter-configs.ts'
import { offsetDelete } from './47-offset-delete.ts'
import { describeCluster } from './60-describe-cluster.ts'
import type { BrokerServices } from './services.ts'

/** Every API this broker serves, by key. What is not here is neither advertised nor answered. */
export function allHandlers(services: BrokerServices): ReadonlyMap<number, RequestHandler> {
  const handlers: RequestHandler[] = [
    produce(services),
    fetch(services),
    listOffsets(services),
    metadata(services),
    offsetCommit(services),
    offsetFetch(services),
    findCoordinator(services),
    joinGroup(services),
    heartbeat(services),
    leaveGroup(services),
    syncGroup(services),
    describeGroups(services),
    listGroups(services),
    apiVersions(() => handlers.map(handler => handler.api)),
    createTopics(services),
    deleteTopics(services),
    initProducerId(services),
    offsetForLeaderEpoch(services),
    describeConfigs(services),
    alterConfigs(services),
    createPartitions(services),
    deleteGroups(services),
    incrementalAlterConfigs(services),
    offsetDelete(services),
    describeCluster(services),
  ]
  return new Map(handlers.map(handler => [handler.api.key, handler]))
}
