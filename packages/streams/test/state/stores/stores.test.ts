import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Serdes } from '@millrace/client'
import { afterAll } from 'vitest'
import { LevelEngines } from '../../../src/state/engine/level-engine.ts'
import { SimulatedEngineDisk } from '../../../src/state/engine/simulated-engine.ts'
import type { StateEngines } from '../../../src/state/engine/state-engine.ts'
import { Stores } from '../../../src/state/store-builder.ts'
import { TaskState } from '../../../src/state/task-state.ts'
import { keyValueStoreContract } from '../../contracts/key-value-store-contract.ts'
import { StoreHome } from '../../contracts/store-home.ts'
import { windowStoreContract } from '../../contracts/window-store-contract.ts'
import { eagerTimers, seededRandom } from '../seeded-time.ts'

const directories: string[] = []
afterAll(() => Promise.all(directories.map(each => rm(each, { recursive: true }))))

async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'millrace-stores-'))
  directories.push(directory)
  return join(directory, 'state')
}

async function stateOver(engines: StateEngines, directory: string): Promise<TaskState> {
  const options = { timers: eagerTimers, seed: 5, readCacheBytes: 16 * 1024, directory }
  return TaskState.over(await engines.open(directory), options)
}

const levels = new LevelEngines()
const KINDS = {
  'in memory': async () => TaskState.inMemory(1),
  'over LevelDB': async () => stateOver(levels, await temporaryDirectory()),
  'over the simulated engine': async () =>
    stateOver(new SimulatedEngineDisk().engines({ random: seededRandom(3), timers: eagerTimers }), 'state'),
} as const

function openOver(state: TaskState, home: StoreHome) {
  return {
    commit: async () => {
      home.commit()
      await state.persistent.persist(0)
    },
    close: () => state.close(),
  }
}

for (const [kind, makeState] of Object.entries(KINDS)) {
  for (const isLogged of [true, false]) {
    const persistent = kind !== 'in memory'
    const suffix = `${kind}${isLogged ? ', logged' : ''}`

    keyValueStoreContract(`the key-value store ${suffix}`, async () => {
      const state = await makeState()
      const home = new StoreHome(state)
      const supplier = persistent ? Stores.persistentKeyValueStore('kv') : Stores.inMemoryKeyValueStore('kv')
      const builder = Stores.keyValueStoreBuilder(supplier, Serdes.bytes(), Serdes.string())
      const store = (isLogged ? builder : builder.withLoggingDisabled()).build(home)
      return { store, ...openOver(state, home) }
    })

    windowStoreContract(`the window store ${suffix}`, persistent ? 'by-segment' : 'by-start', async times => {
      const state = await makeState()
      const home = new StoreHome(state)
      const supplier = persistent ? Stores.persistentWindowStore('w', times) : Stores.inMemoryWindowStore('w', times)
      const builder = Stores.windowStoreBuilder(supplier, Serdes.string(), Serdes.string())
      const store = (isLogged ? builder : builder.withLoggingDisabled()).build(home)
      return {
        store,
        ...openOver(state, home),
        get expired() {
          return home.expired
        },
      }
    })
  }
}
