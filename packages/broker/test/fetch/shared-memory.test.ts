import { APIS, batchesOf } from '@millrace/protocol'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ProtocolClient } from '../protocol-client.ts'
import { fetchRequest, RunningBroker } from '../running-broker.ts'

const BATCHES = 60
const VALUE_BYTES = 100_000

describe('requests and fetches that share their memory', () => {
  let running: RunningBroker
  beforeAll(async () => {
    running = await RunningBroker.overTcp({ 'log.flush.interval.messages': 1_000_000 })
    await running.createTopic('large', 2)
    // All at once, so that later requests come while earlier ones are in process.
    const sent = [0, 1].map(async partition => {
      const client = await running.connect()
      return await Promise.all(
        Array.from({ length: BATCHES }, (_, index) => {
          const batch = running.batch([String.fromCharCode(97 + ((index + partition) % 26)).repeat(VALUE_BYTES)])
          return running.produce('large', batch, { partition, client })
        }),
      )
    })
    const answers = (await Promise.all(sent)).flat()
    expect(answers.every(({ errorCode }) => errorCode === 0)).toBe(true)
  })
  afterAll(() => running.stop())

  /** Every batch is whole and is the one that belongs there. */
  async function readAll(client: ProtocolClient, partition: number, partitionMaxBytes: number): Promise<number> {
    let offset = 0
    while (offset < BATCHES) {
      const request = fetchRequest('large', { partition, fetchOffset: offset, partitionMaxBytes })
      const { responses } = await client.send(APIS.Fetch, request, 12)
      for (const batch of batchesOf(responses[0]!.partitions[0]!.records!)) {
        expect(batch.baseOffset).toBe(offset)
        expect(batch.hasValidChecksum(running.platform.codecs)).toBe(true)
        const [record] = [...batch.records(running.platform.codecs)]
        expect(record!.value![0]).toBe(97 + ((offset + partition) % 26))
        offset++
      }
    }
    return offset
  }

  test('get what they asked for, many at a time', async () => {
    const clients = await Promise.all(Array.from({ length: 8 }, () => running.connect()))
    const sizes = [120_000, 300_000, 1_048_576, 4_000_000]
    const ends = await Promise.all(clients.map((client, index) => readAll(client, index % 2, sizes[index >> 1]!)))
    expect(ends).toEqual(Array(8).fill(BATCHES))
  })

  test('get it too while others do not read what they get, or leave', async () => {
    const slow = await running.connect()
    slow.connection.pause()
    const answers = Array.from({ length: 12 }, (_, partition) =>
      slow.send(APIS.Fetch, fetchRequest('large', { partition: partition % 2 }), 12),
    )
    const leaving = await running.connect()
    leaving.connection.pause()
    for (let count = 0; count < 5; count++) leaving.sendOnly(APIS.Fetch, fetchRequest('large'), 12)
    await readAll(await running.connect(), 0, 1_048_576)
    leaving.connection.destroy()
    await readAll(await running.connect(), 1, 1_048_576)
    slow.connection.resume()
    for (const { responses } of await Promise.all(answers))
      for (const batch of batchesOf(responses[0]!.partitions[0]!.records!))
        expect(batch.hasValidChecksum(running.platform.codecs)).toBe(true)
  })
})
