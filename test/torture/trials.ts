import type { Trial } from './trial.ts'
import { bankTransfers } from './trials/bank-transfers.ts'
import { batchFuzz } from './trials/batch-fuzz.ts'
import { brokerKills } from './trials/broker-kills.ts'
import { clockJumps } from './trials/clock-jumps.ts'
import { compressionBombs } from './trials/compression-bombs.ts'
import { corruption } from './trials/corruption.ts'
import { crashStates } from './trials/crash-states.ts'
import { eosCopy } from './trials/eos-copy.ts'
import { fullDisk } from './trials/full-disk.ts'
import { largeMessages } from './trials/large-messages.ts'
import { networkFaults } from './trials/network-faults.ts'
import { rebalances } from './trials/rebalances.ts'
import { socketFuzz } from './trials/socket-fuzz.ts'
import { startTimes } from './trials/start-times.ts'
import { txnHistories } from './trials/txn-histories.ts'
import { unauthenticatedMemory } from './trials/unauthenticated-memory.ts'
import { wireFuzz } from './trials/wire-fuzz.ts'

/** In the order of the table of results. */
export const TRIALS: readonly Trial[] = [
  brokerKills,
  startTimes,
  crashStates,
  corruption,
  fullDisk,
  eosCopy,
  bankTransfers,
  txnHistories,
  rebalances,
  networkFaults,
  clockJumps,
  largeMessages,
  unauthenticatedMemory,
  compressionBombs,
  wireFuzz,
  socketFuzz,
  batchFuzz,
]
