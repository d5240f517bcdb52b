import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Broker } from '@millrace/broker'
import type { Platform } from '@millrace/platform'
import { afterAll, beforeAll } from 'vitest'
import { type ClusterUnderTest, QUICK_GROUPS } from './cluster-under-test.ts'

/** Our broker for all tests of a file, on a platform that its clients share. */
export function brokerUnderTest(platform: Platform): () => ClusterUnderTest {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-client-'))
  let broker: Broker

  beforeAll(async () => {
    broker = await Broker.start({
      platform,
      config: {
        'log.dirs': directory,
        listeners: 'PLAINTEXT://127.0.0.1:0',
        'offsets.topic.num.partitions': 3,
        'group.initial.rebalance.delay.ms': 0,
        // So that larger topics are described page by page.
        'max.request.partition.size.limit': 3,
        ...QUICK_GROUPS,
      },
    })
  })
  afterAll(async () => {
    await broker.close()
    rmSync(directory, { recursive: true, force: true })
  })
  return () => ({ bootstrapServers: broker.bootstrapServers, platform })
}
