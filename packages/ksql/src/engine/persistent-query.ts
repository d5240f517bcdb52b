/** A query that runs until it is terminated: a streams application of its own, with ksqlDB's names. */
import { Admin } from '@millrace/client'
import type { Platform } from '@millrace/platform'
import { KafkaStreams } from '@millrace/streams'
import { buildExecution, type Execution } from '../execution/build-topology.ts'
import type { ExecutionContext } from '../execution/execution-context.ts'
import type { QueryPlan } from '../plan/steps.ts'

export interface QuerySettings {
  readonly bootstrapServers: readonly string[] | string
  readonly platform: Platform
  readonly serviceId: string
  readonly stateDir: string
  /** ksqlDB's default. */
  readonly commitIntervalMs: number
}

/** One server runs a query: its group has one member. */
const INSTANCE_ID = 'ksql-server'

export type QueryState = 'RUNNING' | 'PAUSED' | 'ERROR'

export class PersistentQuery {
  readonly execution: Execution
  private readonly app: KafkaStreams

  /** Throws SqlAnalysisError for a plan that cannot be executed. Nothing runs before `start`. */
  constructor(
    readonly plan: QueryPlan,
    readonly statement: string,
    context: ExecutionContext,
    private readonly settings: QuerySettings,
    onFailure: (error: unknown) => void,
  ) {
    this.execution = buildExecution(plan, context)
    this.app = new KafkaStreams(this.execution.topology, {
      applicationId: this.applicationId,
      bootstrapServers: settings.bootstrapServers,
      platform: settings.platform,
      stateDir: settings.stateDir,
      commitIntervalMs: settings.commitIntervalMs,
      // A server that comes back is the member it was: its tasks need not wait until the old one's session has expired.
      consumer: { groupInstanceId: INSTANCE_ID },
      deserializationExceptionHandler: failure => {
        context.onProcessingError({ queryId: plan.queryId, step: 'KsqlTopic', error: failure.error as Error })
        return 'continue'
      },
      uncaughtExceptionHandler: onFailure,
    })
  }

  get id(): string {
    return this.plan.queryId
  }
  get applicationId(): string {
    return `_confluent-ksql-${this.settings.serviceId}query_${this.plan.queryId}`
  }
  get state(): QueryState {
    return this.app.state === 'ERROR' || this.app.state === 'PENDING_ERROR' ? 'ERROR' : 'RUNNING'
  }
  get streams(): KafkaStreams {
    return this.app
  }

  /** Resolves once the query is assigned its input and its state is restored. */
  start(): Promise<void> {
    return this.app.start()
  }
  /** Keeps its state, positions and internal topics. */
  stop(): Promise<void> {
    return this.app.close()
  }
  /** Stops it for good: internal topics, group and local state go. */
  async remove(): Promise<void> {
    await this.stop()
    const { bootstrapServers, platform, stateDir } = this.settings
    await using admin = new Admin({ bootstrapServers, platform })
    await removeInternals(admin, this.applicationId)
    platform.files.removeTree(`${stateDir}/${this.applicationId}`)
  }
}

/** What an application keeps on the broker. */
export async function removeInternals(admin: Admin, applicationId: string): Promise<void> {
  const internal = (await admin.listTopics({ includeInternal: true }))
    .map(({ name }) => name)
    .filter(name => name.startsWith(`${applicationId}-`))
  if (internal.length > 0) await admin.deleteTopics(internal)
  if ((await admin.listGroups()).some(({ groupId }) => groupId === applicationId))
    await admin.deleteGroups([applicationId])
}
