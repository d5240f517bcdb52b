/** The client against our broker, in this process, over the memory network. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Broker } from '@millrace/broker'
import { memoryNetwork, type Platform, realPlatform } from '@millrace/platform'
import { afterAll, beforeAll } from 'vitest'
import { adminBehaviour } from './admin-behaviour.ts'
import { type ClusterUnderTest, QUICK_GROUPS } from './cluster-under-test.ts'
import { consumerBehaviour } from './consumer-behaviour.ts'
import { groupBehaviour } from './group-behaviour.ts'
import { observabilityBehaviour } from './observability-behaviour.ts'
import { processingBehaviour } from './processing-behaviour.ts'
import { producerBehaviour } from './producer-behaviour.ts'
import { rxjsBehaviour } from './rxjs-behaviour.ts'
import { transactionBehaviour } from './transaction-behaviour.ts'

const real = realPlatform()
const platform: Platform = { ...real, network: memoryNetwork(real.timers) }
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
      ...QUICK_GROUPS,
    },
  })
})
afterAll(async () => {
  await broker.close()
  rmSync(directory, { recursive: true, force: true })
})

const cluster = (): ClusterUnderTest => ({ bootstrapServers: broker.bootstrapServers, platform })
producerBehaviour(cluster)
consumerBehaviour(cluster)
adminBehaviour(cluster)
transactionBehaviour(cluster)
groupBehaviour(cluster, true)
processingBehaviour(cluster)
rxjsBehaviour(cluster)
observabilityBehaviour(cluster)
