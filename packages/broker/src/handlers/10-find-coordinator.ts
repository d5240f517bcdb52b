/** FindCoordinator (API key 10), v0 to v6. This node coordinates everything; the topics for it are created on first use. */
import { APIS, ErrorCode, type FindCoordinatorRequest, KafkaError } from '@millrace/protocol'
import type { RequestContext, RequestHandler } from '../server/request-handler.ts'
import { type BrokerServices, handler } from './services.ts'

const GROUP = 0
const TRANSACTION = 1
const FIRST_WITH_SEVERAL_KEYS = 4

interface Problem {
  readonly errorCode: number
  readonly errorMessage: string | null
}
const NO_PROBLEM: Problem = { errorCode: ErrorCode.NONE, errorMessage: null }

export function findCoordinator({ groups, transactions, config, advertised }: BrokerServices): RequestHandler {
  async function handle(request: FindCoordinatorRequest, { apiVersion }: RequestContext) {
    const problem = await problemWith(request.keyType)
    const node =
      problem.errorCode === ErrorCode.NONE
        ? { nodeId: config['node.id'], ...advertised() }
        : { nodeId: -1, host: '', port: -1 }
    if (apiVersion < FIRST_WITH_SEVERAL_KEYS) return { ...problem, ...node }
    return { coordinators: request.coordinatorKeys.map(key => ({ key, ...node, ...problem })) }
  }

  async function problemWith(keyType: number): Promise<Problem> {
    if (keyType !== GROUP && keyType !== TRANSACTION)
      return { errorCode: ErrorCode.INVALID_REQUEST, errorMessage: `unknown key type ${keyType}` }
    try {
      await (keyType === GROUP ? groups : transactions).ensureAvailable()
      return NO_PROBLEM
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      return { errorCode: error.errorCode, errorMessage: error.message }
    }
  }

  return handler(APIS.FindCoordinator, 'strict', handle)
}
