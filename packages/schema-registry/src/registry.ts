/**
 * The registry: a state replayed from a log, and writes that go through the log. A write is decided on the state as it
 * is, appended, and answered once the state has it; writes wait for each other, reads for nothing.
 */
import { AVRO_PROVIDER } from './avro/avro-provider.ts'
import type { SchemasLog } from './store/schemas-log.ts'
import type { CompatibilityLevel } from './subjects/config.ts'
import type { Decision } from './subjects/decision.ts'
import { decodeRecord, encodeRecord } from './subjects/records.ts'
import { storeFailed } from './subjects/registry-error.ts'
import { RegistryState } from './subjects/registry-state.ts'
import { SchemaResolution } from './subjects/schema-resolution.ts'

/** Writes that wait for their turn; more are refused with code 50001. */
export const MAX_WAITING_WRITES = 1_000

export interface RegistryOptions {
  readonly log: SchemasLog
  /** `mode.mutability`: whether modes may be changed. */
  readonly modeMutability?: boolean
  /** `schema.compatibility.level`: BACKWARD by default. */
  readonly compatibilityLevel?: CompatibilityLevel
}

export class SchemaRegistry implements AsyncDisposable {
  readonly resolution = new SchemaResolution([AVRO_PROVIDER])
  readonly hasMutableModes: boolean
  private readonly state: RegistryState
  private readonly log: SchemasLog
  private lastWrite: Promise<unknown> = Promise.resolve()
  private waitingWrites = 0
  private skipped = 0

  private constructor(options: RegistryOptions) {
    this.log = options.log
    this.state = new RegistryState(options.compatibilityLevel)
    this.hasMutableModes = options.modeMutability ?? true
  }

  /** Resolves when everything in the log is known. The registry closes the log. */
  static async start(options: RegistryOptions): Promise<SchemaRegistry> {
    const registry = new SchemaRegistry(options)
    await options.log.open(({ key, value, timestampMs }) => {
      const record = decodeRecord(key, value)
      if (record === undefined) registry.skipped++
      else registry.state.apply(record, timestampMs)
    })
    return registry
  }

  /** Records of the log that are none of a registry or of a kind unknown here. */
  get skippedRecords(): number {
    return this.skipped
  }

  /** Throws what `ask` throws: {@link RegistryError}. */
  read<Answer>(ask: (state: RegistryState, resolution: SchemaResolution) => Answer): Answer {
    return ask(this.state, this.resolution)
  }

  /** Rejects with what `decide` throws, and with what {@link SchemasLog.append} rejects with. */
  async write<Answer>(
    decide: (state: RegistryState, resolution: SchemaResolution) => Decision<Answer>,
  ): Promise<Answer> {
    if (this.waitingWrites >= MAX_WAITING_WRITES)
      throw storeFailed(`more than ${MAX_WAITING_WRITES} writes are waiting: try again later`)
    this.waitingWrites++
    const turn = this.lastWrite.then(() => this.decideAndAppend(decide))
    this.lastWrite = turn.catch(() => {})
    try {
      return await turn
    } finally {
      this.waitingWrites--
    }
  }

  private async decideAndAppend<Answer>(
    decide: (state: RegistryState, resolution: SchemaResolution) => Decision<Answer>,
  ): Promise<Answer> {
    const decision = decide(this.state, this.resolution)
    if (decision.records.length > 0) await this.log.append(decision.records.map(encodeRecord))
    return decision.answer(this.state)
  }

  /** Waits for writes under way. */
  async close(): Promise<void> {
    await this.lastWrite
    await this.log.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
