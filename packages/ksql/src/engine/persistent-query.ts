/** A query that runs until it is terminated: a streams application of its own, with ksqlDB's names. */
import { Admin } from '@millrace/client'
import type { Platform } from '@millrace/platform'
import { MillraceError } from '@millrace/protocol'
import { KafkaStreams } from '@millrace/streams'
import { buildExecution, buildMaterialization, type Execution } from '../execution/build-topology.ts'
import type { ExecutionContext } from '../execution/execution-context.ts'
import type { QueryPlan, Sink } from '../plan/steps.ts'
import type { SourceTablePlan } from './source-table.ts'

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

/** How long a pull query waits for the rows of a query that is starting or moving. */
const READY_WAIT_MS = 5000
const READY_CHECK_MS = 20

/** A table whose query does not run, or not yet. */
export class NotReadyError extends MillraceError {
  readonly code = 'QUERY_NOT_READY'
  constructor(queryId: string, state: string) {
    super(
      `The rows of query ${queryId} cannot be read while it is ${state}. Try again later; SHOW QUERIES EXTENDED tells its state and GET /healthcheck whether it failed.`,
    )
  }
}

export type QueryState = 'RUNNING' | 'PAUSED' | 'ERROR'

export class PersistentQuery {
  readonly execution: Execution
  private readonly app: KafkaStreams

  /** Throws SqlAnalysisError for a plan that cannot be executed. Nothing runs before `start`. */
  constructor(
    readonly plan: QueryPlan | SourceTablePlan,
    readonly statement: string,
    context: ExecutionContext,
    private readonly settings: QuerySettings,
    onFailure: (error: unknown) => void,
  ) {
    this.execution =
      'sink' in plan ? buildExecution(plan, context) : buildMaterialization(plan.queryId, plan.root, context)
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
  /** Null when the query only keeps rows to be looked up. */
  get sink(): Sink | null {
    return 'sink' in this.plan ? this.plan.sink : null
  }
  /** Resolves once the rows can be read; throws NotReadyError when that takes too long. */
  async ready(signal: AbortSignal): Promise<void> {
    const { clock, timers } = this.settings.platform
    const deadlineMs = clock.monotonicMs() + READY_WAIT_MS
    while (this.app.state !== 'RUNNING') {
      if (this.state === 'ERROR' || clock.monotonicMs() >= deadlineMs) throw new NotReadyError(this.id, this.app.state)
      await timers.sleep(READY_CHECK_MS, signal)
    }
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
    await removeApplication(this.applicationId, this.settings, [INSTANCE_ID])
  }
}

/** What a closed application keeps on the broker and on disk. */
export async function removeApplication(
  applicationId: string,
  { bootstrapServers, platform, stateDir }: QuerySettings,
  staticMembers: readonly string[] = [],
): Promise<void> {
  await using admin = new Admin({ bootstrapServers, platform })
  await removeInternals(admin, applicationId, staticMembers)
  platform.files.removeTree(`${stateDir}/${applicationId}`)
}

async function removeInternals(admin: Admin, applicationId: string, staticMembers: readonly string[]): Promise<void> {
  const internal = (await admin.listTopics({ includeInternal: true }))
    .map(({ name }) => name)
    .filter(name => name.startsWith(`${applicationId}-`))
  if (internal.length > 0) await admin.deleteTopics(internal)
  if (!(await admin.listGroups()).some(({ groupId }) => groupId === applicationId)) return
  if (staticMembers.length > 0) await admin.removeMembersFromConsumerGroup(applicationId, staticMembers)
  await admin.deleteConsumerGroups([applicationId])
}
