import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FileError, type Files } from '@millrace/platform'
import { ErrorCode } from '@millrace/protocol'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { UnusableDataDirectoryError } from '../../src/log/directory/data-directory.ts'
import { LogManager } from '../../src/log/directory/log-manager.ts'
import type { PartitionLog } from '../../src/log/partition-log.ts'
import { type StorageFailure, storageFailureText } from '../../src/log/storage-failure.ts'
import { batchOf, logConfig, recordsIn, topicConfig } from './log-fixture.ts'
import { real } from './real-logs.ts'

const CONFIG = topicConfig({ 'retention.ms': -1 })
const STORAGE_ERROR = { errorCode: ErrorCode.KAFKA_STORAGE_ERROR }
const partitionsOf = (count: number, topic = 'orders') =>
  Array.from({ length: count }, (_, partition) => ({
    topic,
    topicId: 'b3JkZXJzb3JkZXJzb3JkZQ',
    partition,
    config: CONFIG,
  }))

let root: string
let failures: StorageFailure[]
/** Paths below which every access fails. */
let brokenDisks: string[]
const opened: LogManager[] = []

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'millrace-disks-'))
  failures = []
  brokenDisks = []
})
afterEach(async () => {
  brokenDisks = []
  for (const logs of opened.splice(0)) await logs.close()
  rmSync(root, { recursive: true, force: true })
})

/** Real files on disks that break when the test says so. */
function breakable(files: Files): Files {
  const check = (operation: string, path: string) => {
    if (brokenDisks.some(disk => path.startsWith(disk))) throw new FileError('EIO', operation, path)
  }
  const guarded = Object.create(files) as Files
  for (const operation of ['exists', 'list', 'stat', 'remove', 'read', 'makeDirectory', 'lock', 'rename'] as const)
    Object.assign(guarded, {
      [operation]: (path: string, to: string) => {
        check(operation, path)
        return (files[operation] as (path: string, to: string) => unknown)(path, to)
      },
    })
  guarded.open = (path, mode) => {
    check('open', path)
    const file = files.open(path, mode)
    return new Proxy(file, {
      get(target, property) {
        if (property !== 'close') check(String(property), path)
        const value: unknown = Reflect.get(target, property)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
  }
  return guarded
}

async function open(names: readonly string[], partitionCount = 4): Promise<LogManager> {
  const platform = { ...real, files: breakable(real.files) }
  const config = logConfig({ 'log.dirs': names.map(name => join(root, name)) })
  const logs = await LogManager.open(platform, config, failure => failures.push(failure))
  opened.push(logs)
  await logs.openAll(partitionsOf(partitionCount))
  return logs
}

async function append(log: PartitionLog, value: string): Promise<void> {
  log.append(batchOf({ values: [value] }), 1_000)
  await log.synced(log.logEndOffset)
}

const isIn = (log: PartitionLog, name: string) => log.directory.startsWith(join(root, name))

describe('a disk that fails', () => {
  test('while it is used takes its partitions with it, and no others', async () => {
    const logs = await open(['a', 'b'])
    for (const log of logs.logs()) await append(log, 'before')
    brokenDisks = [join(root, 'b')]
    for (const log of logs.logs())
      if (isIn(log, 'a')) await append(log, 'after')
      else await expect(append(log, 'lost')).rejects.toMatchObject(STORAGE_ERROR)
    for (const log of logs.logs())
      if (isIn(log, 'a')) expect(await recordsIn(log)).toHaveLength(2)
      else expect(() => log.read(0, 100, { isolation: 'read_uncommitted', minOneBatch: true })).toThrow()
    expect(logs.directories.map(({ isOffline }) => isOffline)).toEqual([false, true])
    expect(isIn(logs.create({ ...partitionsOf(1, 'new')[0]! }, CONFIG)!, 'a')).toBe(true)
    expect(isIn(logs.create({ ...partitionsOf(1, 'newer')[0]! }, CONFIG)!, 'a')).toBe(true)
  })

  test('is told once for each partition, with what to do', async () => {
    const logs = await open(['a', 'b'], 2)
    const log = [...logs.logs()].find(each => isIn(each, 'b'))!
    brokenDisks = [join(root, 'b')]
    for (let attempt = 0; attempt < 3; attempt++) await expect(append(log, 'x')).rejects.toMatchObject(STORAGE_ERROR)
    expect(failures).toMatchObject([{ partition: log.name, path: log.directory }])
    expect(storageFailureText(failures[0]!)).toMatch(
      /^orders-\d is offline \(.*EIO\); check the disk of .*, then restart/,
    )
  })

  test('at the start takes its partitions with it, which are there again with the disk', async () => {
    const logs = await open(['a', 'b'])
    for (const log of logs.logs()) await append(log, log.name)
    const onB = [...logs.logs()].filter(log => isIn(log, 'b')).map(log => log.partition)
    await logs.close()

    brokenDisks = [join(root, 'b')]
    const without = await open(['a', 'b'])
    expect(failures.map(storageFailureText)).toEqual([
      expect.stringMatching(/^data directory .*b cannot be used \(.*EIO\), its partitions are offline; mend it/),
    ])
    expect(without.directories.map(({ isOffline }) => isOffline)).toEqual([false, true])
    for (const log of without.logs())
      if (onB.includes(log.partition)) {
        expect(log.offlineReason).toBeDefined()
        expect(() => log.append(batchOf({ values: ['x'] }), 1_000)).toThrow(expect.objectContaining(STORAGE_ERROR))
        await expect(log.synced(1)).rejects.toMatchObject(STORAGE_ERROR)
        await expect(log.deleteRecordsBefore(0)).rejects.toMatchObject(STORAGE_ERROR)
      } else expect(await recordsIn(log)).toEqual([{ offset: 0, value: log.name }])
    await without.close()

    brokenDisks = []
    const mended = await open(['a', 'b'])
    for (const log of mended.logs()) expect(await recordsIn(log)).toEqual([{ offset: 0, value: log.name }])
  })

  test('at the start and is the first one is an error that says what to do', async () => {
    writeFileSync(join(root, 'a'), 'not a directory')
    const refused = open(['a', 'b'])
    await expect(refused).rejects.toBeInstanceOf(UnusableDataDirectoryError)
    await expect(refused).rejects.toThrow(/mend it or name another one in log.dirs/)
    rmSync(join(root, 'a'))
    await open(['a', 'b'])
  })

  test('in one partition at the start leaves the rest of it, and its checkpoints, alone', async () => {
    const logs = await open(['a', 'b'])
    for (const log of logs.logs()) {
      await append(log, 'deleted')
      await append(log, 'kept')
      await log.deleteRecordsBefore(1)
    }
    await logs.close()
    const checkpoints = () =>
      ['recovery-point-offset-checkpoint', 'log-start-offset-checkpoint'].map(name =>
        readFileSync(join(root, 'b', name), 'utf8')
          .split('\n')
          .sort(),
      )
    const before = checkpoints()
    const [broken, other] = readdirSync(join(root, 'b')).filter(name => name.startsWith('orders-'))
    brokenDisks = [join(root, 'b', broken!, '00000000000000000000.log')]
    const damaged = await open(['a', 'b'])
    expect(failures).toMatchObject([{ partition: broken }])
    const logOf = (of: LogManager, name: string) => of.get('orders', Number(name.split('-')[1]))!
    expect(logOf(damaged, broken!).offlineReason).toBeDefined()
    expect(await recordsIn(logOf(damaged, other!))).toEqual([{ offset: 1, value: 'kept' }])
    await damaged.close()
    expect(existsSync(join(root, 'b/.kafka_cleanshutdown'))).toBe(false)
    expect(checkpoints()).toEqual(before)
    brokenDisks = []
    expect(await recordsIn(logOf(await open(['a', 'b']), broken!))).toEqual([{ offset: 1, value: 'kept' }])
  })
})

test('metadata that a broken directory may have is not begun anew', async () => {
  await (await open(['a'])).close()
  writeFileSync(join(root, 'b'), 'not a directory')
  const logs = await LogManager.open(real, logConfig({ 'log.dirs': [join(root, 'a'), join(root, 'b')] }))
  opened.push(logs)
  await expect(logs.openPartition(partitionsOf(1, 'metadata')[0]!)).rejects.toBeInstanceOf(UnusableDataDirectoryError)
})
