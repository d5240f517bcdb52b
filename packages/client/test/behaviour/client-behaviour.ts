/** Everything the client promises, on whatever cluster. */
import { adminBehaviour } from './admin-behaviour.ts'
import { adminClusterBehaviour } from './admin-cluster-behaviour.ts'
import { adminTransactionBehaviour } from './admin-transaction-behaviour.ts'
import type { ClusterUnderTest } from './cluster-under-test.ts'
import { consumerBehaviour } from './consumer-behaviour.ts'
import { groupBehaviour } from './group-behaviour.ts'
import { observabilityBehaviour } from './observability-behaviour.ts'
import { processingBehaviour } from './processing-behaviour.ts'
import { producerBehaviour } from './producer-behaviour.ts'
import { rxjsBehaviour } from './rxjs-behaviour.ts'
import { transactionBehaviour } from './transaction-behaviour.ts'

/** `hasConsumerProtocol`: the cluster knows the groups of KIP-848. */
export function clientBehaviour(cluster: () => ClusterUnderTest, hasConsumerProtocol: boolean): void {
  producerBehaviour(cluster)
  consumerBehaviour(cluster)
  adminBehaviour(cluster, hasConsumerProtocol)
  adminClusterBehaviour(cluster)
  adminTransactionBehaviour(cluster)
  transactionBehaviour(cluster)
  groupBehaviour(cluster, hasConsumerProtocol)
  processingBehaviour(cluster)
  rxjsBehaviour(cluster)
  observabilityBehaviour(cluster)
}
