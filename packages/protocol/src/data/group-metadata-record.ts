import { array, bytes, int32, int64, message, nullableString, string, struct, type ValueOf } from '../wire/schema.ts'

/** `__consumer_offsets`: a classic group with its members. */
export const GroupMetadataKey = message({
  name: 'GroupMetadataKey',
  apiKey: 2,
  versions: '0',
  flexible: 'none',
  fields: { group: { type: string, versions: '0' } },
})
export type GroupMetadataKey = ValueOf<typeof GroupMetadataKey>

const memberMetadata = struct({
  memberId: { type: string, versions: '0+' },
  groupInstanceId: {
    type: nullableString,
    versions: '3+',
    default: null,
    ignorable: true,
    about: 'Static membership (KIP-345).',
  },
  clientId: { type: string, versions: '0+' },
  clientHost: { type: string, versions: '0+' },
  rebalanceTimeout: { type: int32, versions: '1+', default: -1, ignorable: true },
  sessionTimeout: { type: int32, versions: '0+' },
  subscription: { type: bytes, versions: '0+' },
  assignment: { type: bytes, versions: '0+' },
})

export const GroupMetadataValue = message({
  name: 'GroupMetadataValue',
  apiKey: 2,
  versions: '0-4',
  flexible: '4+',
  fields: {
    protocolType: { type: string, versions: '0+' },
    generation: { type: int32, versions: '0+' },
    protocol: { type: nullableString, versions: '0+', about: 'Null before there is one.' },
    leader: { type: nullableString, versions: '0+' },
    currentStateTimestamp: {
      type: int64,
      versions: '2+',
      default: -1,
      ignorable: true,
      about: 'In milliseconds; −1: not known.',
    },
    members: { type: array(memberMetadata), versions: '0+' },
  },
})
export type GroupMetadataValue = ValueOf<typeof GroupMetadataValue>
