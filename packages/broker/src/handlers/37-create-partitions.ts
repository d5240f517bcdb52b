/** CreatePartitions (API key 37), v0 to v3. */
import { APIS, type CreatePartitionsRequest, ErrorCode, KafkaError } from '@millrace/protocol'
import type { RequestHandler } from '../server/request-handler.ts'
import { type BrokerServices, handler } from './services.ts'

export function createPartitions({ topics }: BrokerServices): RequestHandler {
  async function handle({ topics: asked, validateOnly }: CreatePartitionsRequest) {
    const results: { name: string; errorCode: number; errorMessage: string | null }[] = []
    for (const name of new Set(asked.map(topic => topic.name))) {
      try {
        const named = asked.filter(topic => topic.name === name)
        if (named.length > 1) throw new KafkaError(ErrorCode.INVALID_REQUEST, `${name} is named more than once`)
        const { count, assignments } = named[0]!
        await topics.addPartitions(name, count, assignments, validateOnly)
        results.push({ name, errorCode: ErrorCode.NONE, errorMessage: null })
      } catch (error) {
        if (!(error instanceof KafkaError)) throw error
        results.push({ name, errorCode: error.errorCode, errorMessage: error.message })
      }
    }
    return { results }
  }
  return handler(APIS.CreatePartitions, 'strict', handle)
}
