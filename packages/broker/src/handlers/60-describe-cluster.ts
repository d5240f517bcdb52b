/** DescribeCluster (API key 60), v0 to v2. */
import { APIS, type DescribeClusterRequest, ErrorCode } from '@millrace/protocol'
import type { RequestHandler } from '../server/request-handler.ts'
import { CLUSTER_OPERATIONS, NOT_ASKED_FOR } from './authorized-operations.ts'
import { type BrokerServices, handler } from './services.ts'

const BROKERS = 1

export function describeCluster({ clusterId, config, advertised }: BrokerServices): RequestHandler {
  function handle({ endpointType, includeClusterAuthorizedOperations }: DescribeClusterRequest) {
    if (endpointType !== BROKERS)
      return {
        errorCode: ErrorCode.MISMATCHED_ENDPOINT_TYPE,
        errorMessage: 'this is a broker, no controller',
        endpointType,
        clusterId,
        brokers: [],
      }
    const { host, port } = advertised()
    const nodeId = config['node.id']
    return {
      errorCode: ErrorCode.NONE,
      clusterId,
      controllerId: nodeId,
      brokers: [{ brokerId: nodeId, host, port, rack: config['broker.rack'] }],
      clusterAuthorizedOperations: includeClusterAuthorizedOperations ? CLUSTER_OPERATIONS : NOT_ASKED_FOR,
    }
  }
  return handler(APIS.DescribeCluster, 'strict', handle)
}
