import { StreamsError } from '../errors.ts'
import type { Cancellable, DropReason, PunctuationType, Punctuator, RecordMetadata } from '../processor/context.ts'
import { NO_HEADERS, type Record } from '../processor/record.ts'
import type { StateStore } from '../state/state-store.ts'
import type { StoreContext } from '../state/stores/store-context.ts'
import { decodedFields } from '../topology/decoded-fields.ts'
import { changelogTopicName } from '../topology/internal-topics.ts'
import type { TopologyNode } from '../topology/nodes.ts'
import { InputQueue } from './input-queue.ts'
import { InputQueues } from './input-queues.ts'
import { decodePartitionTime, encodePartitionTime } from './partition-time.ts'
import { ProcessorTaskNode } from './processor-node.ts'
import { type Punctuation, PunctuationSchedule } from './punctuation.ts'
import type { RecordCollector } from './record-collector.ts'
import { SinkTaskNode } from './sink-node.ts'
import { SourceDecoder } from './source-decoder.ts'
import type { CommittableOffset, InputBatch, StreamTaskOptions } from './task.ts'
import { ProcessingFailedError } from './task-errors.ts'
import type { TaskNode, TaskScope } from './task-node.ts'

const NO_STORES: ReadonlySet<string> = new Set()

/**
 * A sub-topology at work on one partition. One record at a time goes all the way through before the next. An error that
 * leaves `process` or a punctuation leaves the task unusable: its state may be ahead of its positions.
 */
export class StreamTask {
  readonly taskId: string
  /** By name; to be restored before `start`. */
  readonly stores: ReadonlyMap<string, StateStore>
  readonly #options: StreamTaskOptions
  readonly #scope: Scope
  readonly #processors: ProcessorTaskNode[] = []
  readonly #inputs: InputQueues
  /** What `committableOffsets` has given out, by topic. */
  readonly #givenOffsets = new Map<string, number>()

  constructor(options: StreamTaskOptions) {
    const { subTopology, partition, state, applicationId } = options
    this.#options = options
    this.taskId = `${subTopology.id}_${partition}`
    const stores = new Map<string, StateStore>()
    const scope = new Scope(this.taskId, options, stores)
    const context: StoreContext = {
      state,
      changelogTopic: storeName => changelogTopicName(applicationId, storeName),
      get timestampMs() {
        return scope.timestampMs
      },
      logChange: (storeName, key, value, timestampMs) => scope.logChange(storeName, key, value, timestampMs),
      dropExpired: () => scope.drop('expired window'),
    }
    for (const builder of subTopology.stores) stores.set(builder.name, builder.build(context))
    this.stores = stores
    this.#scope = scope
    this.#inputs = new InputQueues(this.#connect(), options.settings.maxTaskIdleMs)
  }

  /** Makes the processors. The stores must be restored. */
  start(): void {
    for (const processor of this.#processors) processor.start()
  }

  /** Takes up after a restart the metadata of the committed offset of this input. */
  resumeFrom(topic: string, metadata: string): void {
    const partitionTimeMs = decodePartitionTime(metadata)
    this.#queueOf(topic).resumeFrom(partitionTimeMs)
    this.#scope.streamTimeMs = Math.max(this.#scope.streamTimeMs, partitionTimeMs)
  }

  /** Buffers a batch; returns how many records of its topic wait now. */
  addRecords(batch: InputBatch): number {
    const queue = this.#queueOf(batch.topic)
    queue.add(batch)
    return queue.size
  }

  /** Records that wait for `process` in all inputs, or in one. */
  bufferedRecords(topic?: string): number {
    return topic === undefined ? this.#inputs.size : this.#queueOf(topic).size
  }

  /**
   * Processes up to `maxRecords`; returns how many. Fewer when nothing is left, an empty input is worth waiting for, or the
   * collector is full.
   */
  process(maxRecords: number): number {
    const scope = this.#scope
    const { collector } = this.#options
    let processed = 0
    while (processed < maxRecords && !collector.isFull) {
      const queue = this.#inputs.next(scope.nowMs)
      if (queue === undefined) break
      const record = queue.head!
      scope.begin(queue.topic, queue.headOffset, record.timestampMs)
      for (const child of queue.children) child.process(record)
      queue.removeHead()
      processed++
    }
    if (processed > 0) scope.end()
    return processed
  }

  /** Runs the punctuations that are due in stream time; returns how many. */
  punctuateStreamTime(): number {
    const { streamTimeMs } = this.#scope
    return streamTimeMs < 0 ? 0 : this.#punctuate(this.#scope.streamTimePunctuations, streamTimeMs)
  }

  /** Runs the punctuations that are due by the clock; returns how many. */
  punctuateWallClock(): number {
    return this.#punctuate(this.#scope.wallClockPunctuations, this.#scope.nowMs())
  }

  /** True once a processor has asked for a commit, until `flush`. */
  get commitRequested(): boolean {
    return this.#scope.commitRequested
  }

  /** The greatest timestamp processed so far; −1 before the first. */
  get streamTimeMs(): number {
    return this.#scope.streamTimeMs
  }

  /** The metric `dropped-records-total`, by reason. */
  get droppedRecords(): ReadonlyMap<DropReason, number> {
    return this.#scope.droppedRecords
  }

  /** Before a commit: hands on what the stores hold back, which may send records. */
  flush(): void {
    for (const store of this.stores.values()) store.flush()
    this.#scope.commitRequested = false
  }

  /** What to commit after {@link flush}: the positions that have moved since the last call. */
  committableOffsets(): readonly CommittableOffset[] {
    const { partition } = this.#options
    const moved: CommittableOffset[] = []
    for (const { topic, position, partitionTimeMs } of this.#inputs) {
      if (position === undefined || position === this.#givenOffsets.get(topic)) continue
      this.#givenOffsets.set(topic, position)
      moved.push({ topic, partition, offset: position, metadata: encodePartitionTime(partitionTimeMs) })
    }
    return moved
  }

  /** Closes the processors. The stores are the caller's. */
  close(): void {
    for (const processor of this.#processors) processor.close()
  }

  #queueOf(topic: string): InputQueue {
    const queue = this.#inputs.of(topic)
    if (queue === undefined) throw new StreamsError(`task ${this.taskId} does not read topic ${topic}`)
    return queue
  }

  #punctuate(schedule: PunctuationSchedule, timestampMs: number): number {
    let punctuated = 0
    for (const punctuation of schedule.due(timestampMs)) {
      this.#runPunctuation(punctuation, timestampMs)
      punctuated++
    }
    return punctuated
  }

  #runPunctuation({ processorName, punctuator }: Punctuation, timestampMs: number): void {
    const scope = this.#scope
    scope.end()
    scope.timestampMs = timestampMs
    try {
      punctuator(timestampMs)
    } catch (error) {
      scope.processingFailed(processorName, null, error)
    }
  }

  /** Makes the nodes from the leaves up, and a queue for each input. */
  #connect(): InputQueue[] {
    const { subTopology, partition, inputTopics, settings } = this.#options
    const nodes = new Map<string, TaskNode>()
    const queues: InputQueue[] = []
    for (const node of [...subTopology.nodes].reverse()) {
      if (node.kind === 'sink') nodes.set(node.name, new SinkTaskNode(node, this.#scope))
      else {
        const children = childrenOf(node, subTopology.nodes).map(name => nodes.get(name)!)
        if (node.kind === 'processor') {
          const storeNames = subTopology.storeNamesByProcessor.get(node.name) ?? NO_STORES
          const processor = new ProcessorTaskNode(node, children, storeNames, this.#scope)
          nodes.set(node.name, processor)
          this.#processors.unshift(processor)
        } else {
          const decoded = decodedFields(node, subTopology.nodes)
          for (const topic of node.topics) {
            if (!inputTopics.includes(topic)) continue
            const decoder = new SourceDecoder(node, decoded, topic, partition)
            queues.push(new InputQueue(topic, partition, children, decoder, this.#scope, settings))
          }
        }
      }
    }
    return queues.reverse()
  }
}

function childrenOf(parent: TopologyNode, nodes: readonly TopologyNode[]): string[] {
  return nodes.filter(node => node.kind !== 'source' && node.parents.includes(parent.name)).map(node => node.name)
}

class Scope implements TaskScope {
  readonly applicationId: string
  readonly collector: RecordCollector
  timestampMs = -1
  streamTimeMs = -1
  commitRequested = false
  readonly droppedRecords = new Map<DropReason, number>()
  readonly streamTimePunctuations = new PunctuationSchedule('stream-time')
  readonly wallClockPunctuations = new PunctuationSchedule('wall-clock-time')
  readonly nowMs: () => number
  #topic: string | undefined
  #offset = -1

  constructor(
    readonly taskId: string,
    private readonly options: StreamTaskOptions,
    private readonly stores: ReadonlyMap<string, StateStore>,
  ) {
    this.applicationId = options.applicationId
    this.collector = options.collector
    this.nowMs = () => options.clock.nowMs()
  }

  begin(topic: string, offset: number, timestampMs: number): void {
    this.#topic = topic
    this.#offset = offset
    this.timestampMs = timestampMs
    if (timestampMs > this.streamTimeMs) this.streamTimeMs = timestampMs
  }

  end(): void {
    this.#topic = undefined
  }

  get recordMetadata(): RecordMetadata | undefined {
    if (this.#topic === undefined) return undefined
    return { topic: this.#topic, partition: this.options.partition, offset: this.#offset }
  }

  store(name: string): StateStore {
    const store = this.stores.get(name)
    if (store === undefined) throw new StreamsError(`task ${this.taskId} has no store ${name}`)
    return store
  }

  logChange(storeName: string, key: Uint8Array, value: Uint8Array | null, timestampMs: number): void {
    const { name } = this.options.subTopology.changelogTopics.get(storeName)!
    this.collector.send(name, this.options.partition, key, value, timestampMs, NO_HEADERS)
  }

  drop(reason: DropReason): void {
    this.droppedRecords.set(reason, (this.droppedRecords.get(reason) ?? 0) + 1)
  }

  requestCommit(): void {
    this.commitRequested = true
  }

  schedule(processorName: string, intervalMs: number, type: PunctuationType, punctuator: Punctuator): Cancellable {
    return type === 'stream-time'
      ? this.streamTimePunctuations.add(processorName, intervalMs, punctuator, this.streamTimeMs)
      : this.wallClockPunctuations.add(processorName, intervalMs, punctuator, this.nowMs())
  }

  processingFailed(processorName: string, record: Record<unknown, unknown> | null, error: unknown): void {
    if (error instanceof ProcessingFailedError) throw error
    const { taskId } = this
    const response = this.options.settings.processingExceptionHandler({ taskId, processorName, record, error })
    if (response === 'fail') throw new ProcessingFailedError(taskId, processorName, error)
    this.drop('processing failed')
  }
}
