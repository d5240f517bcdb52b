import { ErrorCode } from '@millrace/protocol'
import type { PartitionLog } from '../log/partition-log.ts'

/** Compares the epoch that a client believes current (−1: it does not say) with the partition's (KIP-320). */
export function checkLeaderEpoch(log: PartitionLog, currentLeaderEpoch: number): ErrorCode {
  if (currentLeaderEpoch < 0 || currentLeaderEpoch === log.leaderEpoch) return ErrorCode.NONE
  return currentLeaderEpoch < log.leaderEpoch ? ErrorCode.FENCED_LEADER_EPOCH : ErrorCode.UNKNOWN_LEADER_EPOCH
}
