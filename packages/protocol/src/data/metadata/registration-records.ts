/** How brokers and controllers of a KRaft cluster make themselves known. A single node writes none of them. */
import {
  array,
  bool,
  int8,
  int16,
  int32,
  int64,
  message,
  nullable,
  nullableString,
  string,
  struct,
  uint16,
  uuid,
  type ValueOf,
} from '../../wire/schema.ts'

const endpoint = struct({
  name: { type: string, versions: '0+', mapKey: true },
  host: { type: string, versions: '0+' },
  port: { type: uint16, versions: '0+' },
  securityProtocol: { type: int16, versions: '0+', about: '0 PLAINTEXT, 1 SSL, 2 SASL_PLAINTEXT, 3 SASL_SSL.' },
})
const feature = struct({
  name: { type: string, versions: '0+', mapKey: true },
  minSupportedVersion: { type: int16, versions: '0+' },
  maxSupportedVersion: { type: int16, versions: '0+' },
})

export const RegisterBrokerRecord = message({
  name: 'RegisterBrokerRecord',
  apiKey: 0,
  versions: '0-4',
  flexible: '0+',
  fields: {
    brokerId: { type: int32, versions: '0+' },
    isMigratingZkBroker: { type: bool, versions: '2+', default: false },
    incarnationId: { type: uuid, versions: '0+', about: 'Of the broker’s process.' },
    brokerEpoch: { type: int64, versions: '0+' },
    endPoints: { type: array(endpoint), versions: '0+' },
    features: { type: array(feature), versions: '0+' },
    rack: { type: nullableString, versions: '0+' },
    fenced: { type: bool, versions: '0+', default: true },
    inControlledShutdown: { type: bool, versions: '1+', default: false },
    logDirs: { type: array(uuid), versions: '3+', default: [], tag: 0, about: 'Those in service.' },
    cordonedLogDirs: { type: nullable(array(uuid), '4+'), versions: '4+', default: null, tag: 1 },
  },
})
export type RegisterBrokerRecord = ValueOf<typeof RegisterBrokerRecord>

export const UnregisterBrokerRecord = message({
  name: 'UnregisterBrokerRecord',
  apiKey: 1,
  versions: '0',
  flexible: '0+',
  fields: { brokerId: { type: int32, versions: '0+' }, brokerEpoch: { type: int64, versions: '0+' } },
})
export type UnregisterBrokerRecord = ValueOf<typeof UnregisterBrokerRecord>

export const FenceBrokerRecord = message({
  name: 'FenceBrokerRecord',
  apiKey: 7,
  versions: '0',
  flexible: '0+',
  fields: { id: { type: int32, versions: '0+' }, epoch: { type: int64, versions: '0+' } },
})
export type FenceBrokerRecord = ValueOf<typeof FenceBrokerRecord>

export const UnfenceBrokerRecord = message({
  name: 'UnfenceBrokerRecord',
  apiKey: 8,
  versions: '0',
  flexible: '0+',
  fields: { id: { type: int32, versions: '0+' }, epoch: { type: int64, versions: '0+' } },
})
export type UnfenceBrokerRecord = ValueOf<typeof UnfenceBrokerRecord>

export const BrokerRegistrationChangeRecord = message({
  name: 'BrokerRegistrationChangeRecord',
  apiKey: 17,
  versions: '0-3',
  flexible: '0+',
  fields: {
    brokerId: { type: int32, versions: '0+' },
    brokerEpoch: { type: int64, versions: '0+' },
    fenced: { type: int8, versions: '0+', default: 0, tag: 0, about: '−1: unfenced, 0: as before, 1: fenced.' },
    inControlledShutdown: { type: int8, versions: '1+', default: 0, tag: 1, about: '0: as before, 1: it is.' },
    logDirs: { type: array(uuid), versions: '2+', default: [], tag: 2, about: 'Those in service.' },
    cordonedLogDirs: { type: nullable(array(uuid), '3+'), versions: '3+', default: null, tag: 3 },
  },
})
export type BrokerRegistrationChangeRecord = ValueOf<typeof BrokerRegistrationChangeRecord>

export const RegisterControllerRecord = message({
  name: 'RegisterControllerRecord',
  apiKey: 27,
  versions: '0',
  flexible: '0+',
  fields: {
    controllerId: { type: int32, versions: '0+' },
    incarnationId: { type: uuid, versions: '0+', about: 'Of the controller’s process.' },
    zkMigrationReady: { type: bool, versions: '0+' },
    endPoints: { type: array(endpoint), versions: '0+' },
    features: { type: array(feature), versions: '0+' },
  },
})
export type RegisterControllerRecord = ValueOf<typeof RegisterControllerRecord>

/** Eligible leader replicas (KIP-966) of a topic, or of all with an empty name, are forgotten. */
export const ClearElrRecord = message({
  name: 'ClearElrRecord',
  apiKey: 28,
  versions: '0',
  flexible: '0+',
  fields: { topicName: { type: string, versions: '0+' } },
})
export type ClearElrRecord = ValueOf<typeof ClearElrRecord>
