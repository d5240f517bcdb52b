import { Consumer, type ConsumerRecord, Serdes } from '@millrace/client'
import type { Platform } from '@millrace/platform'
import { GROUP } from './consuming.ts'
import { COPY } from './copying.ts'
import { APPLICATION, countedKey, OUTPUT, REPARTITION, windowedKeySerde } from './counting.ts'
import { type History, nameOf, type RecordId } from './history.ts'
import { INPUT } from './producing.ts'
import type { Fault, Scenario } from './scenario.ts'

/** A record as it is in the log when all is over. */
export interface LoggedRecord extends RecordId {
  readonly offset: number
  readonly key: string
  readonly timestampMs: number
}

const readerOf = (platform: Platform, groupId?: string) =>
  new Consumer({
    platform,
    clientId: 'inspector',
    bootstrapServers: 'broker:9092',
    autoOffsetReset: 'none',
    ...(groupId === undefined ? {} : { groupId, enableAutoCommit: false }),
  })

const partitionsOf = (topic: string, { partitions }: Scenario) =>
  Array.from({ length: partitions }, (_, partition) => ({ topic, partition }))

/** Everything in a topic, in the order of each partition. */
async function readTopic(platform: Platform, topic: string, scenario: Scenario): Promise<ConsumerRecord[]> {
  await using consumer = readerOf(platform)
  const partitions = partitionsOf(topic, scenario)
  await consumer.assign(partitions)
  consumer.seekToBeginning(partitions)
  const ends = await consumer.endOffsets(partitions)
  const unread = new Set(partitions.filter(({ partition }) => ends.get(topic, partition)! > 0).map(at => at.partition))
  const records: ConsumerRecord[] = []
  while (unread.size > 0) {
    for (const batch of await consumer.poll({ maxWaitMs: 500 })) {
      records.push(...batch.records)
      if (batch.nextOffset >= ends.get(topic, batch.partition)!) unread.delete(batch.partition)
    }
  }
  return records
}

/** All that is in the log, partition by partition, in order. */
export async function readEverything(
  platform: Platform,
  scenario: Scenario,
  history: History,
): Promise<LoggedRecord[][]> {
  const before = history.logEnds
  const log: LoggedRecord[][] = Array.from({ length: scenario.partitions }, () => [])
  for (const { partition, offset, key, value, timestampMs } of await readTopic(platform, INPUT, scenario)) {
    const { producer, partition: intended, sequence } = JSON.parse(value!.toString()) as RecordId
    log[partition]!.push({ producer, partition: intended, sequence, offset, key: key!.toString(), timestampMs })
  }
  for (const [partition, records] of log.entries()) history.logEndsAt('inspector', partition, records.length, before)
  return log
}

/** The offsets that the group has committed in the end. */
export async function readCommitted(platform: Platform, scenario: Scenario, history: History): Promise<void> {
  await using consumer = readerOf(platform, GROUP)
  const before = history.committed
  for (const [{ partition }, { offset }] of await consumer.committed(partitionsOf(INPUT, scenario))) {
    history.committedTo('inspector', partition, offset, before)
  }
}

/** Holds the log against what producers and consumers were told. */
export function judge(log: readonly (readonly LoggedRecord[])[], history: History): void {
  const found = new Map<string, LoggedRecord>()
  for (const [partition, records] of log.entries()) {
    const lastSequences = new Map<string, number>()
    for (const [index, record] of records.entries()) {
      const name = nameOf(record)
      const place = `${partition}/${record.offset}`
      history.saw('inspector', partition, record.offset, name)
      if (record.offset !== index) history.problem(`the log has a gap before ${place}`)
      if (record.partition !== partition) history.problem(`${name} is at ${place}`)
      if (found.has(name)) history.problem(`${name} is at ${place} and at ${partition}/${found.get(name)!.offset}`)
      found.set(name, record)
      const last = lastSequences.get(record.producer) ?? -1
      if (record.sequence < last) history.problem(`${name} at ${place} is behind its successor ${last}`)
      lastSequences.set(record.producer, Math.max(last, record.sequence))
    }
    const processed = history.processedUpTo(partition)
    if (processed !== records.length) {
      history.problem(`the group has processed ${processed} of ${records.length} records of partition ${partition}`)
    }
  }
  for (const [name, { partition, offset }] of history.acknowledged) {
    const record = found.get(name)
    if (record === undefined) history.problem(`${name}, acknowledged at ${partition}/${offset}, is lost`)
    else if (offset !== -1 && record.offset !== offset) {
      history.problem(`${name}, acknowledged at ${partition}/${offset}, is at ${partition}/${record.offset}`)
    }
  }
  history.checkSeenAreIn(found)
}

/** Resolves once the application has committed everything that is in the log, and what it made of it on the way. */
export async function waitForApplication(platform: Platform, scenario: Scenario): Promise<void> {
  await waitForGroup(platform, APPLICATION, scenario.isRekeyed ? [INPUT, REPARTITION] : [INPUT], scenario)
}

/** Resolves once the group has committed everything that is in the topics. */
export async function waitForGroup(
  platform: Platform,
  group: string,
  topics: readonly string[],
  scenario: Scenario,
): Promise<void> {
  await using consumer = readerOf(platform, group)
  for (const topic of topics) {
    const partitions = partitionsOf(topic, scenario)
    const ends = await consumer.endOffsets(partitions)
    const isDone = async () => {
      const committed = await consumer.committed(partitions)
      return [...ends].every(([at, end]) => (committed.get(at.topic, at.partition)?.offset ?? 0) >= end)
    }
    while (!(await isDone())) await platform.timers.sleep(200)
  }
}

/** The names of all copies that are committed, partition by partition, in order. */
export async function readCopies(platform: Platform, scenario: Scenario): Promise<string[][]> {
  await using consumer = new Consumer({
    platform,
    clientId: 'inspector',
    bootstrapServers: 'broker:9092',
    autoOffsetReset: 'none',
    isolationLevel: 'read_committed',
  })
  const partitions = partitionsOf(COPY, scenario)
  consumer.assign(partitions)
  consumer.seekToBeginning(partitions)
  const copies: string[][] = partitions.map(() => [])
  for (const [at, end] of await consumer.endOffsets(partitions)) {
    while ((await consumer.position(at)) < end)
      for (const { partition, records } of await consumer.poll({ maxWaitMs: 500 }))
        for (const { value } of records) copies[partition]!.push(nameOf(JSON.parse(value!.toString()) as RecordId))
  }
  return copies
}

/** Exactly once: the copies are the input, partition by partition, in its order. */
export function judgeCopies(
  copies: readonly (readonly string[])[],
  log: readonly (readonly LoggedRecord[])[],
  history: History,
): void {
  for (const [partition, records] of log.entries()) {
    const names = records.map(nameOf)
    const copied = copies[partition]!
    const counts = new Map<string, number>()
    for (const name of copied) counts.set(name, (counts.get(name) ?? 0) + 1)
    for (const [name, count] of counts) if (count > 1) history.problem(`${name} was copied ${count} times`)
    for (const name of names) if (!counts.has(name)) history.problem(`${name} was not copied`)
    const misplaced = copied.findIndex((name, index) => name !== names[index])
    if (misplaced >= 0 && copied.length === names.length)
      history.problem(`the copies of partition ${partition} are in another order from ${copied[misplaced]} on`)
  }
}

/** The last count of each key and window that the application has written. */
export async function readCounts(platform: Platform, scenario: Scenario): Promise<Map<string, number>> {
  const keys = windowedKeySerde(scenario)
  const counts = new Map<string, number>()
  for (const { key, value } of await readTopic(platform, OUTPUT, scenario)) {
    const { key: name, startMs } = keys.deserialize(OUTPUT, key!)
    counts.set(`${name}@${startMs}`, Serdes.int64().deserialize(OUTPUT, value!))
  }
  return counts
}

/** Trouble that makes no application lose its work, so that nothing is counted twice. */
const HARMLESS: ReadonlySet<Fault> = new Set(['slow disk', 'clock jump'])
/** Trouble in which an instance may live on after the group has given its tasks to another one. */
const MAKES_ZOMBIES: ReadonlySet<Fault> = new Set(['stall', 'partition', 'one-way partition', 'bad network'])

/**
 * At least once: a count may be too high, because what was processed and not committed is processed again after a
 * failure; it is never too low, but for one case. Nothing fences an instance that was taken for dead (exactly-once does):
 * its last writes may come behind those of its successor. Where nothing failed counts are exact.
 */
export function judgeCounts(
  counts: ReadonlyMap<string, number>,
  log: readonly (readonly LoggedRecord[])[],
  scenario: Scenario,
  history: History,
): void {
  const expected = new Map<string, number>()
  for (const { key, timestampMs } of log.flat()) {
    const window = `${countedKey(key, scenario)}@${timestampMs - (timestampMs % scenario.windowMs)}`
    expected.set(window, (expected.get(window) ?? 0) + 1)
  }
  const isExact = scenario.faults.every(({ kind }) => HARMLESS.has(kind))
  const mayBeTooLow = scenario.applications > 1 && scenario.faults.some(({ kind }) => MAKES_ZOMBIES.has(kind))
  for (const window of new Set([...expected.keys(), ...counts.keys()])) {
    const [wanted, count] = [expected.get(window) ?? 0, counts.get(window) ?? 0]
    if ((count < wanted && !mayBeTooLow) || wanted === 0 || (isExact && count > wanted)) {
      history.problem(`the application counted ${count} instead of ${wanted} for ${window}`)
    }
  }
}
