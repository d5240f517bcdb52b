/** Values of the control records that occur in KRaft's metadata log and its snapshots only (KIP-595, KIP-630, KIP-853). */
import { array, int16, int32, int64, message, string, struct, uint16, uuid, type ValueOf } from '../wire/schema.ts'

const voter = struct({
  voterId: { type: int32, versions: '0+' },
  voterDirectoryId: { type: uuid, versions: '1+' },
})

export const LeaderChangeMessage = message({
  name: 'LeaderChangeMessage',
  versions: '0-1',
  flexible: '0+',
  fields: {
    version: { type: int16, versions: '0+' },
    leaderId: { type: int32, versions: '0+' },
    voters: { type: array(voter), versions: '0+' },
    grantingVoters: { type: array(voter), versions: '0+' },
  },
})
export type LeaderChangeMessage = ValueOf<typeof LeaderChangeMessage>

export const SnapshotHeaderRecord = message({
  name: 'SnapshotHeaderRecord',
  versions: '0',
  flexible: '0+',
  fields: {
    version: { type: int16, versions: '0+' },
    lastContainedLogTimestamp: { type: int64, versions: '0+', about: 'In milliseconds.' },
  },
})
export type SnapshotHeaderRecord = ValueOf<typeof SnapshotHeaderRecord>

export const SnapshotFooterRecord = message({
  name: 'SnapshotFooterRecord',
  versions: '0',
  flexible: '0+',
  fields: { version: { type: int16, versions: '0+' } },
})
export type SnapshotFooterRecord = ValueOf<typeof SnapshotFooterRecord>

export const KRaftVersionRecord = message({
  name: 'KRaftVersionRecord',
  versions: '0',
  flexible: '0+',
  fields: {
    version: { type: int16, versions: '0+' },
    kRaftVersion: { type: int16, versions: '0+' },
  },
})
export type KRaftVersionRecord = ValueOf<typeof KRaftVersionRecord>

export const VotersRecord = message({
  name: 'VotersRecord',
  versions: '0',
  flexible: '0+',
  fields: {
    version: { type: int16, versions: '0+' },
    voters: {
      type: array(
        struct({
          voterId: { type: int32, versions: '0+' },
          voterDirectoryId: { type: uuid, versions: '0+' },
          endpoints: {
            type: array(
              struct({
                name: { type: string, versions: '0+', mapKey: true },
                host: { type: string, versions: '0+' },
                port: { type: uint16, versions: '0+' },
              }),
            ),
            versions: '0+',
          },
          kRaftVersionFeature: {
            type: struct({
              minSupportedVersion: { type: int16, versions: '0+' },
              maxSupportedVersion: { type: int16, versions: '0+' },
            }),
            versions: '0+',
          },
        }),
      ),
      versions: '0+',
    },
  },
})
export type VotersRecord = ValueOf<typeof VotersRecord>

/** By the name that `parseControlRecord` gives the type. The value's first field is its version. */
export const KRAFT_CONTROL_RECORDS = {
  LEADER_CHANGE: LeaderChangeMessage,
  SNAPSHOT_HEADER: SnapshotHeaderRecord,
  SNAPSHOT_FOOTER: SnapshotFooterRecord,
  KRAFT_VERSION: KRaftVersionRecord,
  KRAFT_VOTERS: VotersRecord,
} as const
