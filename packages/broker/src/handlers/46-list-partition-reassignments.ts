/** ListPartitionReassignments (API key 46), v0: there are none, because there is nowhere to go. */
import { APIS, ErrorCode } from '@millrace/protocol'
import type { RequestHandler } from '../server/request-handler.ts'
import { handler } from './services.ts'

export function listPartitionReassignments(): RequestHandler {
  return handler(APIS.ListPartitionReassignments, 'strict', () => ({
    errorCode: ErrorCode.NONE,
    errorMessage: null,
    topics: [],
  }))
}
