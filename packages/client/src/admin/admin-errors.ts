import { type KafkaError, type KafkaErrorName, MillraceError } from '@millrace/protocol'

/** Some of the resources of a call failed; the others are done. `code` is that of the first failure. */
export class FailedResourcesError extends MillraceError {
  readonly code: KafkaErrorName
  constructor(
    readonly operation: string,
    /** By the resource's name. */
    readonly failures: ReadonlyMap<string, KafkaError>,
    /** What the call found out or did about the other resources, by name. */
    readonly results: ReadonlyMap<string, unknown> = new Map(),
  ) {
    const [first] = failures.values()
    const others = failures.size > 1 ? ` (and ${failures.size - 1} others)` : ''
    super(`${operation} failed: ${first!.message}${others}`, { cause: first })
    this.code = first!.code
  }
}
