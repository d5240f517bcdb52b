/** What can be allowed or forbidden. Kafka's `AclOperation`: index = code, position in bit sets of authorized operations. */
export const ACL_OPERATIONS = [
  'UNKNOWN',
  'ANY',
  'ALL',
  'READ',
  'WRITE',
  'CREATE',
  'DELETE',
  'ALTER',
  'DESCRIBE',
  'CLUSTER_ACTION',
  'DESCRIBE_CONFIGS',
  'ALTER_CONFIGS',
  'IDEMPOTENT_WRITE',
  'CREATE_TOKENS',
  'DESCRIBE_TOKENS',
  'TWO_PHASE_COMMIT',
] as const

export type AclOperation = (typeof ACL_OPERATIONS)[number]

/** Stands for "not asked, or not known". */
const NOT_TOLD = -(2 ** 31)

/** Null if the broker was not asked, or is too old to tell. */
export function authorizedOperations(bits: number): readonly AclOperation[] | null {
  if (bits === NOT_TOLD) return null
  return ACL_OPERATIONS.filter((_, code) => (bits & (1 << code)) !== 0)
}
