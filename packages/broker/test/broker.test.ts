import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { memoryNetwork, realPlatform } from '@millrace/platform'
import { APIS } from '@millrace/protocol'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Broker } from '../src/broker.ts'
import { RunningBroker } from './running-broker.ts'

const platform = realPlatform()
const listeners = 'PLAINTEXT://127.0.0.1:0'

describe('starting', () => {
  let directory: string
  let other: string
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'millrace-start-'))
    other = mkdtempSync(join(tmpdir(), 'millrace-start-'))
  })
  afterEach(() => {
    rmSync(directory, { recursive: true })
    rmSync(other, { recursive: true })
  })

  test('says where clients reach it', async () => {
    await using broker = await Broker.start({ platform, config: { 'log.dirs': directory, listeners } })
    expect(broker.bootstrapServers).toBe(`127.0.0.1:${broker.port}`)
    expect(broker.port).toBeGreaterThan(0)
  })
  test('on an address that is taken fails and leaves the directory free', async () => {
    await using first = await Broker.start({ platform, config: { 'log.dirs': directory, listeners } })
    const taken = { 'log.dirs': other, listeners: `PLAINTEXT://127.0.0.1:${first.port}` }
    await expect(Broker.start({ platform, config: taken })).rejects.toThrow(
      expect.objectContaining({ code: 'EADDRINUSE' }),
    )
    await using second = await Broker.start({ platform, config: { 'log.dirs': other, listeners } })
    expect(second.port).not.toBe(first.port)
  })
  test('on a directory that another broker has fails', async () => {
    await using _first = await Broker.start({ platform, config: { 'log.dirs': directory, listeners } })
    await expect(Broker.start({ platform, config: { 'log.dirs': directory, listeners } })).rejects.toThrow(
      expect.objectContaining({ code: 'DATA_DIRECTORY_IN_USE' }),
    )
  })
  test('with a setting that makes no sense fails before it touches anything', async () => {
    await expect(Broker.start({ platform, config: { 'num.partitions': '-1' } })).rejects.toThrow(/num.partitions/)
  })
  test('runs in memory beside a client of the same process', async () => {
    const network = memoryNetwork(platform.timers)
    const inMemory = { ...platform, network }
    await using broker = await Broker.start({ platform: inMemory, config: { 'log.dirs': directory, listeners } })
    await expect(network.connect({ host: '127.0.0.1', port: broker.port, timeoutMs: 1_000 })).resolves.toBeDefined()
  })
})

describe('stopping', () => {
  test('twice is once', async () => {
    const running = await RunningBroker.start()
    await Promise.all([running.broker.close(), running.broker.close()])
    await running.stop()
  })
  test('answers what is in process', async () => {
    const running = await RunningBroker.start()
    await running.createTopic('last')
    const answers = Array.from({ length: 20 }, (_, index) => running.produce('last', running.batch([String(index)])))
    // The first answer shows that all of them, sent together, have come.
    expect(await answers[0]).toMatchObject({ errorCode: 0 })
    await running.broker.close()
    for (const answer of await Promise.all(answers)) expect(answer.errorCode).toBe(0)
    await running.start()
    expect(await running.values('last')).toHaveLength(20)
    await running.stop()
  })
  test('at once loses no acknowledged record', async () => {
    const running = await RunningBroker.start()
    await running.createTopic('kept')
    const answers: Promise<unknown>[] = []
    let acknowledged = 0
    for (let index = 0; index < 200; index++)
      answers.push(running.produce('kept', running.batch([String(index)])).then(() => acknowledged++))
    await answers[50]
    const count = acknowledged
    await running.crash()
    await Promise.allSettled(answers)
    const values = await running.values('kept')
    expect(values.length).toBeGreaterThanOrEqual(count)
    expect(values).toEqual(Array.from({ length: values.length }, (_, index) => String(index)))
    const { topics } = await running.client.send(APIS.Metadata, { topics: [{ name: 'kept' }] }, 9)
    expect(topics[0]!.errorCode).toBe(0)
    await running.stop()
  })
})
