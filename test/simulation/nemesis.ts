import {
  CALM_DISK,
  CALM_NETWORK,
  type SeededRandom,
  type Simulation,
  troubledDisk,
  troubledNetwork,
} from '@millrace/platform'
import type { History } from './history.ts'
import type { Machine } from './machine.ts'
import type { Fault, PlannedFault } from './scenario.ts'

export interface Victims {
  readonly simulation: Simulation
  readonly history: History
  readonly broker: Machine
  readonly clients: readonly Machine[]
  readonly random: SeededRandom
}

/** Most changes of the disk before a crash that was planned to happen inside one. */
const MOST_CHANGES_TO_A_CRASH = 40
const LONGEST_CLOCK_JUMP_MS = 600_000

/** What a fault does, and what ends it after its duration; for some there is nothing to end. */
const BEGIN: Record<Fault, (victims: Victims, durationMs: number) => (() => void) | undefined> = {
  'broker killed'({ broker }) {
    broker.crash('kill')
    return undefined
  },
  'broker loses power'({ broker }) {
    broker.crash('power')
    return undefined
  },
  'broker crashes inside a write'({ broker, random }) {
    if (broker.node.isUp) {
      broker.node.crashDuringWrite(random.pick(['kill', 'power']), random.integer(MOST_CHANGES_TO_A_CRASH))
    }
    return undefined
  },
  'broker stopped and started'({ broker }) {
    void broker.stopAndStart()
    return undefined
  },
  'client killed'({ clients, random }) {
    random.pick(clients).crash(random.pick(['kill', 'power']))
    return undefined
  },
  'bad network'({ simulation, random }) {
    simulation.network.conditions = troubledNetwork(random)
    return () => {
      simulation.network.conditions = CALM_NETWORK
    }
  },
  partition({ simulation, broker, clients, random }) {
    const client = random.pick(clients).node.name
    simulation.network.block(client, broker.node.name)
    simulation.network.block(broker.node.name, client)
    return () => simulation.network.heal()
  },
  'one-way partition'({ simulation, broker, clients, random }) {
    const client = random.pick(clients).node.name
    if (random.chance(0.5)) simulation.network.block(client, broker.node.name)
    else simulation.network.block(broker.node.name, client)
    return () => simulation.network.heal()
  },
  'slow disk'({ broker, random }) {
    broker.node.diskConditions = troubledDisk(random)
    return () => {
      broker.node.diskConditions = CALM_DISK
    }
  },
  'full disk': ({ broker, history, random }) => {
    const capacityBytes = broker.node.usedDiskBytes + random.integer(20_000)
    return failDisk(broker, history, { capacityBytes })
  },
  'failing disk': ({ broker, history, random }) => {
    const rate = random.pick([0.01, 0.1, 1])
    return failDisk(broker, history, random.pick([{ syncErrorRate: rate }, { writeErrorRate: rate }]))
  },
  stall({ broker, clients, random }, durationMs) {
    random.pick([broker, ...clients]).node.stall(durationMs)
    return undefined
  },
  'clock jump'({ broker, clients, random }) {
    const { node } = random.pick([broker, ...clients])
    node.clockSkewMs = random.between(-LONGEST_CLOCK_JUMP_MS, LONGEST_CLOCK_JUMP_MS)
    return undefined
  },
}

/** A disk that failed is replaced, so to speak, and the broker started anew: partitions that went offline stay so until then. */
function failDisk(broker: Machine, history: History, trouble: Partial<typeof CALM_DISK>): () => void {
  history.diskFails = true
  broker.node.diskConditions = { ...CALM_DISK, ...trouble }
  return () => {
    broker.node.diskConditions = CALM_DISK
    history.diskFails = false
    broker.crash('kill')
  }
}

/** Plans the faults of a run. */
export function unleash(victims: Victims, faults: readonly PlannedFault[]): void {
  const { simulation } = victims
  for (const { kind, startMs, durationMs } of faults) {
    simulation.at(startMs, () => {
      const end = BEGIN[kind](victims, durationMs)
      if (end !== undefined) simulation.at(durationMs, end)
    })
  }
}

/** Ends all trouble: from here on everything has to come right. */
export function calm({ simulation, broker, clients }: Victims): void {
  simulation.network.conditions = CALM_NETWORK
  simulation.network.heal()
  for (const { node } of [broker, ...clients]) {
    node.diskConditions = CALM_DISK
    node.cancelCrash()
    node.stall(0)
  }
}
