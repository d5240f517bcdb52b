/**
 * Every error code of the Kafka protocol (Apache Kafka 4.3, `Errors`). Retriable: the same request may succeed later, as
 * Kafka's own clients judge it.
 */
export const KAFKA_ERRORS = {
  UNKNOWN_SERVER_ERROR: { code: -1, retriable: false, message: 'the broker failed in a way it has no code for' },
  NONE: { code: 0, retriable: false, message: 'no error' },
  OFFSET_OUT_OF_RANGE: { code: 1, retriable: false, message: 'the offset is outside the range the log holds' },
  CORRUPT_MESSAGE: { code: 2, retriable: true, message: 'a record batch failed its checksum or is malformed' },
  UNKNOWN_TOPIC_OR_PARTITION: { code: 3, retriable: true, message: 'the broker has no such topic or partition' },
  INVALID_FETCH_SIZE: { code: 4, retriable: false, message: 'the fetch size is not valid' },
  LEADER_NOT_AVAILABLE: { code: 5, retriable: true, message: 'the partition has no leader at the moment' },
  NOT_LEADER_OR_FOLLOWER: {
    code: 6,
    retriable: true,
    message: 'the broker is not the leader, or no replica, of the partition',
  },
  REQUEST_TIMED_OUT: { code: 7, retriable: true, message: 'the request was not completed in time' },
  BROKER_NOT_AVAILABLE: { code: 8, retriable: false, message: 'the broker is not available' },
  REPLICA_NOT_AVAILABLE: { code: 9, retriable: true, message: 'the replica is not available' },
  MESSAGE_TOO_LARGE: {
    code: 10,
    retriable: false,
    message: 'a record batch is larger than the broker or the topic allows',
  },
  STALE_CONTROLLER_EPOCH: { code: 11, retriable: false, message: 'the controller has moved to another broker' },
  OFFSET_METADATA_TOO_LARGE: {
    code: 12,
    retriable: false,
    message: 'the metadata string of an offset commit is too long',
  },
  NETWORK_EXCEPTION: { code: 13, retriable: true, message: 'the connection broke before the answer came' },
  COORDINATOR_LOAD_IN_PROGRESS: { code: 14, retriable: true, message: 'the coordinator is still reading its log' },
  COORDINATOR_NOT_AVAILABLE: { code: 15, retriable: true, message: 'there is no coordinator at the moment' },
  NOT_COORDINATOR: {
    code: 16,
    retriable: true,
    message: 'the broker is not the coordinator for this group or transactional id',
  },
  INVALID_TOPIC_EXCEPTION: {
    code: 17,
    retriable: false,
    message: 'the topic name is not valid, or the topic may not be used this way',
  },
  RECORD_LIST_TOO_LARGE: { code: 18, retriable: false, message: 'a record batch is larger than a log segment' },
  NOT_ENOUGH_REPLICAS: {
    code: 19,
    retriable: true,
    message: 'fewer replicas are in sync than min.insync.replicas asks for',
  },
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: {
    code: 20,
    retriable: true,
    message: 'the records were written, but to fewer replicas than min.insync.replicas asks for',
  },
  INVALID_REQUIRED_ACKS: { code: 21, retriable: false, message: 'acks must be -1, 0 or 1' },
  ILLEGAL_GENERATION: { code: 22, retriable: false, message: 'the group has moved on to another generation' },
  INCONSISTENT_GROUP_PROTOCOL: { code: 23, retriable: false, message: 'the member shares no protocol with the group' },
  INVALID_GROUP_ID: { code: 24, retriable: false, message: 'the group id is not valid' },
  UNKNOWN_MEMBER_ID: { code: 25, retriable: false, message: 'the group has no such member' },
  INVALID_SESSION_TIMEOUT: {
    code: 26,
    retriable: false,
    message: 'the session timeout is outside the range the broker allows',
  },
  REBALANCE_IN_PROGRESS: { code: 27, retriable: false, message: 'the group is rebalancing: join again' },
  INVALID_COMMIT_OFFSET_SIZE: { code: 28, retriable: false, message: 'the offset commit is too large to be stored' },
  TOPIC_AUTHORIZATION_FAILED: { code: 29, retriable: false, message: 'not authorized for the topic' },
  GROUP_AUTHORIZATION_FAILED: { code: 30, retriable: false, message: 'not authorized for the group' },
  CLUSTER_AUTHORIZATION_FAILED: { code: 31, retriable: false, message: 'not authorized for the cluster' },
  INVALID_TIMESTAMP: { code: 32, retriable: false, message: 'the timestamp of a record is out of the allowed range' },
  UNSUPPORTED_SASL_MECHANISM: { code: 33, retriable: false, message: 'the broker does not offer this SASL mechanism' },
  ILLEGAL_SASL_STATE: {
    code: 34,
    retriable: false,
    message: 'the request does not fit into the current step of authentication',
  },
  UNSUPPORTED_VERSION: { code: 35, retriable: false, message: 'the broker does not speak this version of the request' },
  TOPIC_ALREADY_EXISTS: { code: 36, retriable: false, message: 'a topic of this name exists' },
  INVALID_PARTITIONS: { code: 37, retriable: false, message: 'the number of partitions is not valid' },
  INVALID_REPLICATION_FACTOR: {
    code: 38,
    retriable: false,
    message: 'the replication factor is below 1 or above the number of brokers',
  },
  INVALID_REPLICA_ASSIGNMENT: { code: 39, retriable: false, message: 'the replica assignment is not valid' },
  INVALID_CONFIG: { code: 40, retriable: false, message: 'a configuration value is not valid' },
  NOT_CONTROLLER: { code: 41, retriable: true, message: 'the broker is not the controller' },
  INVALID_REQUEST: { code: 42, retriable: false, message: 'the request contradicts itself or the protocol' },
  UNSUPPORTED_FOR_MESSAGE_FORMAT: {
    code: 43,
    retriable: false,
    message: 'the record format does not support the request',
  },
  POLICY_VIOLATION: { code: 44, retriable: false, message: 'a policy of the broker forbids the request' },
  OUT_OF_ORDER_SEQUENCE_NUMBER: { code: 45, retriable: false, message: 'a sequence number of the producer is missing' },
  DUPLICATE_SEQUENCE_NUMBER: { code: 46, retriable: false, message: 'the sequence number was used before' },
  INVALID_PRODUCER_EPOCH: { code: 47, retriable: false, message: "the producer's epoch is not the current one" },
  INVALID_TXN_STATE: {
    code: 48,
    retriable: false,
    message: 'the transaction is not in a state that allows the request',
  },
  INVALID_PRODUCER_ID_MAPPING: {
    code: 49,
    retriable: false,
    message: 'the producer id does not belong to the transactional id',
  },
  INVALID_TRANSACTION_TIMEOUT: {
    code: 50,
    retriable: false,
    message: 'the transaction timeout is not positive or above transaction.max.timeout.ms',
  },
  CONCURRENT_TRANSACTIONS: {
    code: 51,
    retriable: true,
    message: 'the previous operation on the transaction has not ended yet',
  },
  TRANSACTION_COORDINATOR_FENCED: {
    code: 52,
    retriable: false,
    message: 'another transaction coordinator has taken over',
  },
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: {
    code: 53,
    retriable: false,
    message: 'not authorized for the transactional id',
  },
  SECURITY_DISABLED: { code: 54, retriable: false, message: 'no authorizer is configured' },
  OPERATION_NOT_ATTEMPTED: {
    code: 55,
    retriable: false,
    message: 'not attempted, because another part of the request failed',
  },
  KAFKA_STORAGE_ERROR: { code: 56, retriable: true, message: "the broker's disk failed" },
  LOG_DIR_NOT_FOUND: { code: 57, retriable: false, message: 'the broker has no such log directory' },
  SASL_AUTHENTICATION_FAILED: { code: 58, retriable: false, message: 'authentication failed' },
  UNKNOWN_PRODUCER_ID: { code: 59, retriable: false, message: 'the broker has no state for the producer id' },
  REASSIGNMENT_IN_PROGRESS: { code: 60, retriable: false, message: 'the partition is being reassigned' },
  DELEGATION_TOKEN_AUTH_DISABLED: { code: 61, retriable: false, message: 'delegation tokens are not enabled' },
  DELEGATION_TOKEN_NOT_FOUND: { code: 62, retriable: false, message: 'the broker has no such delegation token' },
  DELEGATION_TOKEN_OWNER_MISMATCH: {
    code: 63,
    retriable: false,
    message: 'the principal may neither own nor renew the delegation token',
  },
  DELEGATION_TOKEN_REQUEST_NOT_ALLOWED: {
    code: 64,
    retriable: false,
    message: 'delegation tokens cannot be managed over this connection',
  },
  DELEGATION_TOKEN_AUTHORIZATION_FAILED: {
    code: 65,
    retriable: false,
    message: 'not authorized for the delegation token',
  },
  DELEGATION_TOKEN_EXPIRED: { code: 66, retriable: false, message: 'the delegation token has expired' },
  INVALID_PRINCIPAL_TYPE: { code: 67, retriable: false, message: 'the type of the principal is not supported' },
  NON_EMPTY_GROUP: { code: 68, retriable: false, message: 'the group still has members' },
  GROUP_ID_NOT_FOUND: { code: 69, retriable: false, message: 'there is no such group' },
  FETCH_SESSION_ID_NOT_FOUND: { code: 70, retriable: true, message: 'the broker has no such fetch session' },
  INVALID_FETCH_SESSION_EPOCH: { code: 71, retriable: true, message: 'the fetch session expects another epoch' },
  LISTENER_NOT_FOUND: { code: 72, retriable: true, message: 'the leader has no listener of this name' },
  TOPIC_DELETION_DISABLED: { code: 73, retriable: false, message: 'delete.topic.enable is false' },
  FENCED_LEADER_EPOCH: {
    code: 74,
    retriable: true,
    message: "the leader epoch in the request is older than the broker's",
  },
  UNKNOWN_LEADER_EPOCH: {
    code: 75,
    retriable: true,
    message: "the leader epoch in the request is newer than the broker's",
  },
  UNSUPPORTED_COMPRESSION_TYPE: {
    code: 76,
    retriable: false,
    message: 'the version of the request does not know this compression',
  },
  STALE_BROKER_EPOCH: { code: 77, retriable: false, message: 'the broker has registered again since' },
  OFFSET_NOT_AVAILABLE: { code: 78, retriable: true, message: "the new leader's high watermark is not known yet" },
  MEMBER_ID_REQUIRED: { code: 79, retriable: false, message: 'join again with the member id in this answer' },
  PREFERRED_LEADER_NOT_AVAILABLE: { code: 80, retriable: true, message: 'the preferred leader is not available' },
  GROUP_MAX_SIZE_REACHED: { code: 81, retriable: false, message: 'the group is full' },
  FENCED_INSTANCE_ID: { code: 82, retriable: false, message: 'another member has taken this group.instance.id' },
  ELIGIBLE_LEADERS_NOT_AVAILABLE: { code: 83, retriable: true, message: 'no replica may become leader' },
  ELECTION_NOT_NEEDED: { code: 84, retriable: true, message: 'the partition needs no election' },
  NO_REASSIGNMENT_IN_PROGRESS: { code: 85, retriable: false, message: 'the partition is not being reassigned' },
  GROUP_SUBSCRIBED_TO_TOPIC: { code: 86, retriable: false, message: 'the group is subscribed to the topic' },
  INVALID_RECORD: { code: 87, retriable: false, message: 'a record failed validation' },
  UNSTABLE_OFFSET_COMMIT: { code: 88, retriable: true, message: 'an open transaction holds offsets back' },
  THROTTLING_QUOTA_EXCEEDED: { code: 89, retriable: true, message: 'the quota for changes is used up for now' },
  PRODUCER_FENCED: { code: 90, retriable: false, message: 'a newer producer uses the same transactional id' },
  RESOURCE_NOT_FOUND: { code: 91, retriable: false, message: 'there is no such resource' },
  DUPLICATE_RESOURCE: { code: 92, retriable: false, message: 'the request names a resource twice' },
  UNACCEPTABLE_CREDENTIAL: { code: 93, retriable: false, message: "the credential does not meet the broker's rules" },
  INCONSISTENT_VOTER_SET: { code: 94, retriable: false, message: 'the sender or the receiver is no voter' },
  INVALID_UPDATE_VERSION: { code: 95, retriable: false, message: 'the version of the update is not valid' },
  FEATURE_UPDATE_FAILED: { code: 96, retriable: false, message: 'the features could not be updated' },
  PRINCIPAL_DESERIALIZATION_FAILURE: { code: 97, retriable: false, message: 'the forwarded principal cannot be read' },
  SNAPSHOT_NOT_FOUND: { code: 98, retriable: false, message: 'there is no such snapshot' },
  POSITION_OUT_OF_RANGE: { code: 99, retriable: false, message: 'the position is outside the snapshot' },
  UNKNOWN_TOPIC_ID: { code: 100, retriable: true, message: 'the broker has no topic of this id' },
  DUPLICATE_BROKER_REGISTRATION: { code: 101, retriable: false, message: 'the broker id is in use' },
  BROKER_ID_NOT_REGISTERED: { code: 102, retriable: false, message: 'no broker of this id is registered' },
  INCONSISTENT_TOPIC_ID: { code: 103, retriable: true, message: 'the log belongs to a topic of another id' },
  INCONSISTENT_CLUSTER_ID: { code: 104, retriable: false, message: 'the broker belongs to another cluster' },
  TRANSACTIONAL_ID_NOT_FOUND: { code: 105, retriable: false, message: 'there is no such transactional id' },
  FETCH_SESSION_TOPIC_ID_ERROR: {
    code: 106,
    retriable: true,
    message: 'a fetch session may not mix topic names and topic ids',
  },
  INELIGIBLE_REPLICA: { code: 107, retriable: false, message: 'a replica of the new in-sync set may not be in it' },
  NEW_LEADER_ELECTED: {
    code: 108,
    retriable: false,
    message: 'the change was made, and the leader is another one now',
  },
  OFFSET_MOVED_TO_TIERED_STORAGE: { code: 109, retriable: false, message: 'the offset is in tiered storage' },
  FENCED_MEMBER_EPOCH: {
    code: 110,
    retriable: false,
    message: 'the coordinator fenced the member: give up all partitions and join again',
  },
  UNRELEASED_INSTANCE_ID: { code: 111, retriable: false, message: 'another member still uses this group.instance.id' },
  UNSUPPORTED_ASSIGNOR: { code: 112, retriable: false, message: 'the group has no such assignor' },
  STALE_MEMBER_EPOCH: {
    code: 113,
    retriable: false,
    message: 'the member epoch is not the current one: retry after the next heartbeat',
  },
  MISMATCHED_ENDPOINT_TYPE: {
    code: 114,
    retriable: false,
    message: 'brokers and controllers answer at different endpoints',
  },
  UNSUPPORTED_ENDPOINT_TYPE: { code: 115, retriable: false, message: 'the type of the endpoint is not supported' },
  UNKNOWN_CONTROLLER_ID: { code: 116, retriable: false, message: 'no controller of this id is known' },
  UNKNOWN_SUBSCRIPTION_ID: {
    code: 117,
    retriable: false,
    message: 'the telemetry subscription is not known or outdated',
  },
  TELEMETRY_TOO_LARGE: { code: 118, retriable: false, message: 'the telemetry is larger than the broker accepts' },
  INVALID_REGISTRATION: { code: 119, retriable: false, message: "the controller refused the broker's registration" },
  TRANSACTION_ABORTABLE: {
    code: 120,
    retriable: false,
    message: 'the transaction failed: abort it, then go on with the same producer',
  },
  INVALID_RECORD_STATE: {
    code: 121,
    retriable: false,
    message: 'the record is not in a state that allows the acknowledgement',
  },
  SHARE_SESSION_NOT_FOUND: { code: 122, retriable: true, message: 'the broker has no such share session' },
  INVALID_SHARE_SESSION_EPOCH: { code: 123, retriable: true, message: 'the share session expects another epoch' },
  FENCED_STATE_EPOCH: {
    code: 124,
    retriable: false,
    message: 'the state epoch of the share group is not the current one',
  },
  INVALID_VOTER_KEY: { code: 125, retriable: false, message: 'the voter key is not the one of the receiver' },
  DUPLICATE_VOTER: { code: 126, retriable: false, message: 'the voter is in the set already' },
  VOTER_NOT_FOUND: { code: 127, retriable: false, message: 'the voter is not in the set' },
  INVALID_REGULAR_EXPRESSION: { code: 128, retriable: false, message: 'the regular expression is not valid' },
  REBOOTSTRAP_REQUIRED: {
    code: 129,
    retriable: false,
    message: "the client's metadata is stale: start from the bootstrap servers again",
  },
  STREAMS_INVALID_TOPOLOGY: { code: 130, retriable: false, message: 'the topology is not valid' },
  STREAMS_INVALID_TOPOLOGY_EPOCH: { code: 131, retriable: false, message: 'the topology epoch is not valid' },
  STREAMS_TOPOLOGY_FENCED: { code: 132, retriable: false, message: 'the topology epoch is outdated' },
  SHARE_SESSION_LIMIT_REACHED: {
    code: 133,
    retriable: true,
    message: 'the broker has no room for another share session',
  },
} as const

export type KafkaErrorName = keyof typeof KAFKA_ERRORS

export interface KafkaErrorInfo {
  readonly name: KafkaErrorName
  readonly code: number
  readonly retriable: boolean
  /** Lower case, no full stop; brokers may send a better one along. */
  readonly message: string
}

const INFOS: readonly KafkaErrorInfo[] = Object.entries(KAFKA_ERRORS).map(([name, row]) => ({
  name: name as KafkaErrorName,
  ...row,
}))

/** Code by name: `ErrorCode.NOT_COORDINATOR`. */
export const ErrorCode = Object.freeze(Object.fromEntries(INFOS.map(info => [info.name, info.code]))) as {
  readonly [Name in KafkaErrorName]: (typeof KAFKA_ERRORS)[Name]['code']
}
export type ErrorCode = (typeof ErrorCode)[KafkaErrorName]

const INFO_BY_CODE = new Map(INFOS.map(info => [info.code, info]))

/** A code that this table does not have counts as UNKNOWN_SERVER_ERROR, as in Kafka, and keeps its number. */
export function kafkaErrorOf(code: number): KafkaErrorInfo {
  return (
    INFO_BY_CODE.get(code) ?? {
      name: 'UNKNOWN_SERVER_ERROR',
      code,
      retriable: false,
      message: `the broker sent the unknown error code ${code}`,
    }
  )
}
