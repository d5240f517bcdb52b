/** What a client may do with a resource, as bit sets of Kafka's `AclOperation` codes. Without an authorizer: everything there is. */
const OPERATION = {
  read: 3,
  write: 4,
  create: 5,
  delete: 6,
  alter: 7,
  describe: 8,
  clusterAction: 9,
  describeConfigs: 10,
  alterConfigs: 11,
  idempotentWrite: 12,
} as const

function bitsOf(...operations: readonly (keyof typeof OPERATION)[]): number {
  return operations.reduce((bits, operation) => bits | (1 << OPERATION[operation]), 0)
}

/** Nobody asked. */
export const NOT_ASKED_FOR = -(2 ** 31)

export const TOPIC_OPERATIONS = bitsOf(
  'read',
  'write',
  'create',
  'delete',
  'alter',
  'describe',
  'describeConfigs',
  'alterConfigs',
)
export const CLUSTER_OPERATIONS = bitsOf(
  'create',
  'alter',
  'describe',
  'clusterAction',
  'describeConfigs',
  'alterConfigs',
  'idempotentWrite',
)
export const GROUP_OPERATIONS = bitsOf('read', 'delete', 'describe', 'describeConfigs', 'alterConfigs')
