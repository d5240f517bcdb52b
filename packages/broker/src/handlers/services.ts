import type { Clock, Codecs, Files } from '@millrace/platform'
import type { Api, InputOf, ValueOf } from '@millrace/protocol'
import type { BrokerConfig } from '../config/broker-config.ts'
import type { BrokerSettings } from '../config/broker-settings.ts'
import type { Endpoint } from '../config/listener.ts'
import type { GroupCoordinator } from '../coordinator/group-coordinator.ts'
import type { FetchPurgatory } from '../fetch/fetch-purgatory.ts'
import type { FetchSessions } from '../fetch/fetch-sessions.ts'
import type { LogManager } from '../log/directory/log-manager.ts'
import type { MetadataLog } from '../metadata/metadata-log.ts'
import type { Ordering, RequestContext, RequestHandler } from '../server/request-handler.ts'
import type { Topics } from '../topics/topics.ts'
import type { MarkerWriter } from '../transactions/coordinator/marker-writer.ts'
import type { TransactionCoordinator } from '../transactions/coordinator/transaction-coordinator.ts'

/** What handlers work with. */
export interface BrokerServices {
  /** In effect: changes while the broker runs. */
  readonly config: BrokerConfig
  readonly settings: BrokerSettings
  readonly clusterId: string
  readonly clock: Clock
  readonly codecs: Codecs
  readonly files: Files
  readonly logs: LogManager
  readonly metadata: MetadataLog
  readonly topics: Topics
  readonly groups: GroupCoordinator
  readonly fetches: FetchPurgatory
  readonly fetchSessions: FetchSessions
  readonly transactions: TransactionCoordinator
  readonly markers: MarkerWriter
  /** Where clients reach this node; known once it listens. */
  advertised(): Endpoint
}

/** Ties a handler to its API; the types of request and answer come from the messages' declarations. */
export function handler<A extends Api>(
  api: A,
  ordering: Ordering,
  handle: (
    request: ValueOf<A['request']>,
    context: RequestContext,
  ) => InputOf<A['response']> | undefined | Promise<InputOf<A['response']> | undefined>,
): RequestHandler {
  // The server decodes by the same declaration that the handler's types come from.
  return { api, ordering, handle: handle as RequestHandler['handle'] }
}
