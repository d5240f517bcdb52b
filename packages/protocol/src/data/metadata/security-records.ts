import { bytes, int8, int32, message, string, uuid, type ValueOf } from '../../wire/schema.ts'

export const UserScramCredentialRecord = message({
  name: 'UserScramCredentialRecord',
  apiKey: 11,
  versions: '0',
  flexible: '0+',
  fields: {
    name: { type: string, versions: '0+' },
    mechanism: { type: int8, versions: '0+', about: '1: SCRAM-SHA-256, 2: SCRAM-SHA-512.' },
    salt: { type: bytes, versions: '0+' },
    storedKey: { type: bytes, versions: '0+' },
    serverKey: { type: bytes, versions: '0+' },
    iterations: { type: int32, versions: '0+' },
  },
})
export type UserScramCredentialRecord = ValueOf<typeof UserScramCredentialRecord>

export const RemoveUserScramCredentialRecord = message({
  name: 'RemoveUserScramCredentialRecord',
  apiKey: 22,
  versions: '0',
  flexible: '0+',
  fields: {
    name: { type: string, versions: '0+' },
    mechanism: { type: int8, versions: '0+', about: '1: SCRAM-SHA-256, 2: SCRAM-SHA-512.' },
  },
})
export type RemoveUserScramCredentialRecord = ValueOf<typeof RemoveUserScramCredentialRecord>

export const AccessControlEntryRecord = message({
  name: 'AccessControlEntryRecord',
  apiKey: 18,
  versions: '0',
  flexible: '0+',
  fields: {
    id: { type: uuid, versions: '0+' },
    resourceType: { type: int8, versions: '0+' },
    resourceName: { type: string, versions: '0+' },
    patternType: { type: int8, versions: '0+' },
    principal: { type: string, versions: '0+' },
    host: { type: string, versions: '0+' },
    operation: { type: int8, versions: '0+' },
    permissionType: { type: int8, versions: '0+' },
  },
})
export type AccessControlEntryRecord = ValueOf<typeof AccessControlEntryRecord>

export const RemoveAccessControlEntryRecord = message({
  name: 'RemoveAccessControlEntryRecord',
  apiKey: 19,
  versions: '0',
  flexible: '0+',
  fields: { id: { type: uuid, versions: '0+' } },
})
export type RemoveAccessControlEntryRecord = ValueOf<typeof RemoveAccessControlEntryRecord>
