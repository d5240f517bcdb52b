import type { Serde } from '@millrace/client'
import type { LogRecord } from '@millrace/protocol'
import { StreamsError } from '../errors.ts'
import type { DropReason } from '../processor/context.ts'
import type { StateStore, TimestampedKeyValueStore, TimestampedWindowStore } from '../state/state-store.ts'
import { TaskState } from '../state/task-state.ts'
import { StreamTask } from '../task/stream-task.ts'
import { FAIL_ON_ERROR, type TaskSettings } from '../task/task.ts'
import { subTopologies } from '../topology/processor-topology.ts'
import type { Topology } from '../topology/topology.ts'
import { logRecord } from './log-record.ts'
import { ManualClock } from './manual-clock.ts'
import { ProducedRecords } from './produced-records.ts'
import { KeyValueStoreValues, WindowStoreValues } from './store-values.ts'
import { type EncodedRecord, TestInputTopic, type TestInputTopicOptions } from './test-input-topic.ts'
import { TestOutputTopic } from './test-output-topic.ts'

export interface TopologyTestDriverOptions extends Partial<Omit<TaskSettings, 'maxTaskIdleMs'>> {
  /** The prefix of internal topics. `test` when absent. */
  readonly applicationId?: string
  /** 0 when absent. */
  readonly initialWallClockMs?: number
}

const ONE_PARTITION = 0
const HASH_SEED = 1

/**
 * Runs a topology with no broker: the same tasks, processors and stores, every topic with one partition, and a clock
 * that is moved by hand. Each piped record is processed, then come the punctuations in stream time and a commit; what was
 * produced to topics that the topology reads goes round again until nothing is left.
 */
export class TopologyTestDriver {
  readonly #clock: ManualClock
  readonly #tasks: readonly StreamTask[]
  readonly #taskOfTopic = new Map<string, StreamTask>()
  readonly #produced: ProducedRecords
  /** Records for the topology itself, in the order they were produced. */
  readonly #loopedBack: { readonly topic: string; readonly record: LogRecord }[] = []
  readonly #inputOffsets = new Map<string, number>()

  constructor(topology: Topology, options: TopologyTestDriverOptions = {}) {
    const { applicationId = 'test', initialWallClockMs = 0 } = options
    this.#clock = new ManualClock(initialWallClockMs)
    this.#produced = new ProducedRecords((topic, record) => {
      if (this.#taskOfTopic.has(topic)) this.#loopedBack.push({ topic, record })
    })
    const topicSettings = { topicConfig: {}, windowStoreAdditionalRetentionMs: 0 }
    this.#tasks = subTopologies(topology.graph, applicationId, topicSettings).map(subTopology => {
      const task = new StreamTask({
        applicationId,
        subTopology,
        partition: ONE_PARTITION,
        inputTopics: subTopology.sourceTopics,
        state: TaskState.inMemory(HASH_SEED),
        collector: this.#produced,
        clock: this.#clock,
        settings: { ...FAIL_ON_ERROR, ...options, maxTaskIdleMs: -1 },
      })
      for (const topic of subTopology.sourceTopics) this.#taskOfTopic.set(topic, task)
      return task
    })
    for (const task of this.#tasks) task.start()
    this.#settle()
  }

  createInputTopic<K, V>(
    topic: string,
    keySerde: Serde<K>,
    valueSerde: Serde<V>,
    options: TestInputTopicOptions = {},
  ): TestInputTopic<K, V> {
    const startTimestampMs = options.startTimestampMs ?? this.#clock.nowMs()
    const pipe = (target: string, records: readonly EncodedRecord[]): void => this.#pipe(target, records)
    return new TestInputTopic(topic, keySerde, valueSerde, pipe, { ...options, startTimestampMs })
  }

  /** Internal topics are read under their full names. */
  createOutputTopic<K, V>(topic: string, keySerde: Serde<K>, valueSerde: Serde<V>): TestOutputTopic<K, V> {
    return new TestOutputTopic(topic, keySerde, valueSerde, () => this.#produced.queue(topic))
  }

  /** Topics that anything was produced to, internal ones included. */
  producedTopicNames(): string[] {
    return this.#produced.topics
  }

  /** Moves the clock once by the whole duration: a punctuation that was missed several times is called once. */
  advanceWallClockTime(durationMs: number): void {
    if (!(durationMs >= 0)) throw new StreamsError(`time moves forward only, not by ${durationMs} ms`)
    this.#clock.advance(durationMs)
    for (const task of this.#tasks) {
      task.punctuateWallClock()
      task.flush()
    }
    this.#settle()
  }

  /** Undefined when the topology has no store of that name. */
  getStateStore<S extends StateStore>(name: string): S | undefined {
    for (const task of this.#tasks) {
      const store = task.stores.get(name)
      if (store !== undefined) return store as S
    }
    return undefined
  }

  /** The values of a table's or an aggregation's store. */
  getKeyValueStore<K, V>(name: string): KeyValueStoreValues<K, V> | undefined {
    const store = this.getTimestampedKeyValueStore<K, V>(name)
    return store === undefined ? undefined : new KeyValueStoreValues(store)
  }

  getTimestampedKeyValueStore<K, V>(name: string): TimestampedKeyValueStore<K, V> | undefined {
    return this.getStateStore(name)
  }

  /** The values of a windowed aggregation's store. */
  getWindowStore<K, V>(name: string): WindowStoreValues<K, V> | undefined {
    const store = this.getTimestampedWindowStore<K, V>(name)
    return store === undefined ? undefined : new WindowStoreValues(store)
  }

  getTimestampedWindowStore<K, V>(name: string): TimestampedWindowStore<K, V> | undefined {
    return this.getStateStore(name)
  }

  getAllStateStores(): Map<string, StateStore> {
    return new Map(this.#tasks.flatMap(task => [...task.stores]))
  }

  /** `<sub-topology>_0`, by sub-topology. */
  taskIds(): string[] {
    return this.#tasks.map(task => task.taskId)
  }

  /** The metric `dropped-records-total` of a task, by reason. */
  droppedRecords(taskId: string): ReadonlyMap<DropReason, number> {
    return this.#tasks.find(task => task.taskId === taskId)?.droppedRecords ?? new Map()
  }

  /** Forgets what was produced and not read. */
  discardOutput(): void {
    this.#produced.clear()
  }

  /** Closes the processors. */
  close(): void {
    for (const task of this.#tasks) task.close()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  #pipe(topic: string, records: readonly EncodedRecord[]): void {
    const task = this.#taskOfTopic.get(topic)
    if (task === undefined) throw new StreamsError(`the topology does not read topic ${topic}`)
    for (const { key, value, timestampMs, headers } of records) {
      const offset = this.#inputOffsets.get(topic) ?? 0
      this.#inputOffsets.set(topic, offset + 1)
      this.#process(task, topic, logRecord(offset, key, value, timestampMs, headers))
      this.#settle()
    }
  }

  #process(task: StreamTask, topic: string, record: LogRecord): void {
    const nextOffset = record.offset + 1
    task.addRecords({ topic, records: [record], nextOffset, highWatermark: nextOffset })
    task.process(1)
    task.punctuateStreamTime()
    task.flush()
  }

  /** Processes what the topology has produced for itself. */
  #settle(): void {
    for (let next = this.#loopedBack.shift(); next !== undefined; next = this.#loopedBack.shift()) {
      this.#process(this.#taskOfTopic.get(next.topic)!, next.topic, next.record)
    }
  }
}
