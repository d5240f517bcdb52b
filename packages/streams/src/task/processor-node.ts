import { StreamsError } from '../errors.ts'
import type {
  Cancellable,
  DropReason,
  ProcessorContext,
  PunctuationType,
  Punctuator,
  RecordMetadata,
} from '../processor/context.ts'
import type { Processor } from '../processor/processor.ts'
import type { Record } from '../processor/record.ts'
import type { StateStore } from '../state/state-store.ts'
import type { ProcessorNode } from '../topology/nodes.ts'
import type { TaskNode, TaskScope } from './task-node.ts'

/** A processor of a running task. An error in it is offered to the processing exception handler. */
export class ProcessorTaskNode implements TaskNode {
  readonly name: string
  readonly #node: ProcessorNode
  readonly #scope: TaskScope
  readonly #context: NodeContext
  #processor: Processor<unknown, unknown> | undefined

  constructor(node: ProcessorNode, children: readonly TaskNode[], storeNames: ReadonlySet<string>, scope: TaskScope) {
    this.name = node.name
    this.#node = node
    this.#scope = scope
    this.#context = new NodeContext(node.name, children, storeNames, scope)
  }

  /** Makes the processor, which may look into its stores. */
  start(): void {
    this.#processor = this.#node.supplier(this.#context)
  }

  process(record: Record<unknown, unknown>): void {
    try {
      this.#processor!.process(record)
    } catch (error) {
      this.#scope.processingFailed(this.name, record, error)
    }
  }

  close(): void {
    this.#processor?.close?.()
  }
}

/** What a processor sees of its task. */
class NodeContext implements ProcessorContext<unknown, unknown> {
  constructor(
    private readonly name: string,
    private readonly children: readonly TaskNode[],
    private readonly storeNames: ReadonlySet<string>,
    private readonly scope: TaskScope,
  ) {}

  forward(record: Record<unknown, unknown>, childName?: string): void {
    const { scope } = this
    const timestampMs = scope.timestampMs
    if (record.timestampMs === timestampMs) {
      this.#handOn(record, childName)
      return
    }
    scope.timestampMs = record.timestampMs
    try {
      this.#handOn(record, childName)
    } finally {
      scope.timestampMs = timestampMs
    }
  }

  #handOn(record: Record<unknown, unknown>, childName: string | undefined): void {
    const { children } = this
    if (childName !== undefined) {
      const child = children.find(({ name }) => name === childName)
      if (child === undefined) throw new StreamsError(`processor ${this.name} has no child ${childName}`)
      child.process(record)
    } else if (children.length === 1) children[0]!.process(record)
    else for (const child of children) child.process(record)
  }

  get applicationId(): string {
    return this.scope.applicationId
  }

  get taskId(): string {
    return this.scope.taskId
  }

  getStateStore<S extends StateStore>(name: string): S {
    if (!this.storeNames.has(name)) throw new StreamsError(`processor ${this.name} is not connected to a store ${name}`)
    return this.scope.store(name) as S
  }

  schedule(intervalMs: number, type: PunctuationType, punctuator: Punctuator): Cancellable {
    if (!(intervalMs >= 1))
      throw new StreamsError(`a punctuation needs an interval of at least 1 ms, not ${intervalMs}`)
    return this.scope.schedule(this.name, intervalMs, type, punctuator)
  }

  commit(): void {
    this.scope.requestCommit()
  }

  drop(reason: DropReason): void {
    this.scope.drop(reason)
  }

  recordMetadata(): RecordMetadata | undefined {
    return this.scope.recordMetadata
  }

  currentStreamTimeMs(): number {
    return this.scope.streamTimeMs
  }

  currentSystemTimeMs(): number {
    return this.scope.nowMs()
  }
}
