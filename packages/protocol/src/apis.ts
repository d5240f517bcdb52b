/**
 * Every API that Millrace speaks. The broker answers ApiVersions from this table and the client negotiates with it.
 *
 * `advertised` is what Apache Kafka 4.3 advertises. Produce starts at 0, although nothing below 3 can be appended:
 * librdkafka before 2.11 switches compression off when it sees a higher minimum (KAFKA-18659). The messages themselves
 * speak every version since 0, because clients meet brokers of other ages.
 */
import { ProduceRequest, ProduceResponse } from './messages/00-produce.ts'
import { FetchRequest, FetchResponse } from './messages/01-fetch.ts'
import { ListOffsetsRequest, ListOffsetsResponse } from './messages/02-list-offsets.ts'
import { MetadataRequest, MetadataResponse } from './messages/03-metadata.ts'
import { OffsetCommitRequest, OffsetCommitResponse } from './messages/08-offset-commit.ts'
import { OffsetFetchRequest, OffsetFetchResponse } from './messages/09-offset-fetch.ts'
import { FindCoordinatorRequest, FindCoordinatorResponse } from './messages/10-find-coordinator.ts'
import { JoinGroupRequest, JoinGroupResponse } from './messages/11-join-group.ts'
import { HeartbeatRequest, HeartbeatResponse } from './messages/12-heartbeat.ts'
import { LeaveGroupRequest, LeaveGroupResponse } from './messages/13-leave-group.ts'
import { SyncGroupRequest, SyncGroupResponse } from './messages/14-sync-group.ts'
import { DescribeGroupsRequest, DescribeGroupsResponse } from './messages/15-describe-groups.ts'
import { ListGroupsRequest, ListGroupsResponse } from './messages/16-list-groups.ts'
import { SaslHandshakeRequest, SaslHandshakeResponse } from './messages/17-sasl-handshake.ts'
import { ApiVersionsRequest, ApiVersionsResponse } from './messages/18-api-versions.ts'
import { CreateTopicsRequest, CreateTopicsResponse } from './messages/19-create-topics.ts'
import { DeleteTopicsRequest, DeleteTopicsResponse } from './messages/20-delete-topics.ts'
import { DeleteRecordsRequest, DeleteRecordsResponse } from './messages/21-delete-records.ts'
import { InitProducerIdRequest, InitProducerIdResponse } from './messages/22-init-producer-id.ts'
import { OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse } from './messages/23-offset-for-leader-epoch.ts'
import { AddPartitionsToTxnRequest, AddPartitionsToTxnResponse } from './messages/24-add-partitions-to-txn.ts'
import { AddOffsetsToTxnRequest, AddOffsetsToTxnResponse } from './messages/25-add-offsets-to-txn.ts'
import { EndTxnRequest, EndTxnResponse } from './messages/26-end-txn.ts'
import { WriteTxnMarkersRequest, WriteTxnMarkersResponse } from './messages/27-write-txn-markers.ts'
import { TxnOffsetCommitRequest, TxnOffsetCommitResponse } from './messages/28-txn-offset-commit.ts'
import { DescribeAclsRequest, DescribeAclsResponse } from './messages/29-describe-acls.ts'
import { CreateAclsRequest, CreateAclsResponse } from './messages/30-create-acls.ts'
import { DeleteAclsRequest, DeleteAclsResponse } from './messages/31-delete-acls.ts'
import { DescribeConfigsRequest, DescribeConfigsResponse } from './messages/32-describe-configs.ts'
import { AlterConfigsRequest, AlterConfigsResponse } from './messages/33-alter-configs.ts'
import { AlterReplicaLogDirsRequest, AlterReplicaLogDirsResponse } from './messages/34-alter-replica-log-dirs.ts'
import { DescribeLogDirsRequest, DescribeLogDirsResponse } from './messages/35-describe-log-dirs.ts'
import { SaslAuthenticateRequest, SaslAuthenticateResponse } from './messages/36-sasl-authenticate.ts'
import { CreatePartitionsRequest, CreatePartitionsResponse } from './messages/37-create-partitions.ts'
import { DeleteGroupsRequest, DeleteGroupsResponse } from './messages/42-delete-groups.ts'
import { ElectLeadersRequest, ElectLeadersResponse } from './messages/43-elect-leaders.ts'
import {
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse,
} from './messages/44-incremental-alter-configs.ts'
import {
  AlterPartitionReassignmentsRequest,
  AlterPartitionReassignmentsResponse,
} from './messages/45-alter-partition-reassignments.ts'
import {
  ListPartitionReassignmentsRequest,
  ListPartitionReassignmentsResponse,
} from './messages/46-list-partition-reassignments.ts'
import { OffsetDeleteRequest, OffsetDeleteResponse } from './messages/47-offset-delete.ts'
import { DescribeClientQuotasRequest, DescribeClientQuotasResponse } from './messages/48-describe-client-quotas.ts'
import { AlterClientQuotasRequest, AlterClientQuotasResponse } from './messages/49-alter-client-quotas.ts'
import {
  DescribeUserScramCredentialsRequest,
  DescribeUserScramCredentialsResponse,
} from './messages/50-describe-user-scram-credentials.ts'
import {
  AlterUserScramCredentialsRequest,
  AlterUserScramCredentialsResponse,
} from './messages/51-alter-user-scram-credentials.ts'
import { DescribeQuorumRequest, DescribeQuorumResponse } from './messages/55-describe-quorum.ts'
import { UpdateFeaturesRequest, UpdateFeaturesResponse } from './messages/57-update-features.ts'
import { DescribeClusterRequest, DescribeClusterResponse } from './messages/60-describe-cluster.ts'
import { DescribeProducersRequest, DescribeProducersResponse } from './messages/61-describe-producers.ts'
import { UnregisterBrokerRequest, UnregisterBrokerResponse } from './messages/64-unregister-broker.ts'
import { DescribeTransactionsRequest, DescribeTransactionsResponse } from './messages/65-describe-transactions.ts'
import { ListTransactionsRequest, ListTransactionsResponse } from './messages/66-list-transactions.ts'
import {
  ConsumerGroupHeartbeatRequest,
  ConsumerGroupHeartbeatResponse,
} from './messages/68-consumer-group-heartbeat.ts'
import { ConsumerGroupDescribeRequest, ConsumerGroupDescribeResponse } from './messages/69-consumer-group-describe.ts'
import { ListConfigResourcesRequest, ListConfigResourcesResponse } from './messages/74-list-config-resources.ts'
import {
  DescribeTopicPartitionsRequest,
  DescribeTopicPartitionsResponse,
} from './messages/75-describe-topic-partitions.ts'
import type { Message } from './wire/schema.ts'
import { parseVersions, type VersionNotation, type VersionRange } from './wire/version-range.ts'

/** `…Input` is what encoding takes: fields with a default may be left out. */
export interface Api<Request = unknown, RequestInput = unknown, Response = unknown, ResponseInput = unknown> {
  readonly key: number
  readonly name: string
  readonly request: Message<Request, RequestInput>
  readonly response: Message<Response, ResponseInput>
  readonly advertised: VersionRange
}

function api<Request, RequestInput, Response, ResponseInput>(
  request: Message<Request, RequestInput>,
  response: Message<Response, ResponseInput>,
  advertised: VersionNotation,
): Api<Request, RequestInput, Response, ResponseInput> {
  const name = request.name.slice(0, -'Request'.length)
  return { key: request.apiKey, name, request, response, advertised: parseVersions(advertised) }
}

export const APIS = {
  Produce: api(ProduceRequest, ProduceResponse, '0-13'),
  Fetch: api(FetchRequest, FetchResponse, '4-18'),
  ListOffsets: api(ListOffsetsRequest, ListOffsetsResponse, '1-11'),
  Metadata: api(MetadataRequest, MetadataResponse, '0-13'),
  OffsetCommit: api(OffsetCommitRequest, OffsetCommitResponse, '2-10'),
  OffsetFetch: api(OffsetFetchRequest, OffsetFetchResponse, '1-10'),
  FindCoordinator: api(FindCoordinatorRequest, FindCoordinatorResponse, '0-6'),
  JoinGroup: api(JoinGroupRequest, JoinGroupResponse, '0-9'),
  Heartbeat: api(HeartbeatRequest, HeartbeatResponse, '0-4'),
  LeaveGroup: api(LeaveGroupRequest, LeaveGroupResponse, '0-5'),
  SyncGroup: api(SyncGroupRequest, SyncGroupResponse, '0-5'),
  DescribeGroups: api(DescribeGroupsRequest, DescribeGroupsResponse, '0-6'),
  ListGroups: api(ListGroupsRequest, ListGroupsResponse, '0-5'),
  SaslHandshake: api(SaslHandshakeRequest, SaslHandshakeResponse, '0-1'),
  ApiVersions: api(ApiVersionsRequest, ApiVersionsResponse, '0-4'),
  CreateTopics: api(CreateTopicsRequest, CreateTopicsResponse, '2-7'),
  DeleteTopics: api(DeleteTopicsRequest, DeleteTopicsResponse, '1-6'),
  DeleteRecords: api(DeleteRecordsRequest, DeleteRecordsResponse, '0-2'),
  InitProducerId: api(InitProducerIdRequest, InitProducerIdResponse, '0-5'),
  OffsetForLeaderEpoch: api(OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse, '2-4'),
  AddPartitionsToTxn: api(AddPartitionsToTxnRequest, AddPartitionsToTxnResponse, '0-5'),
  AddOffsetsToTxn: api(AddOffsetsToTxnRequest, AddOffsetsToTxnResponse, '0-4'),
  EndTxn: api(EndTxnRequest, EndTxnResponse, '0-5'),
  WriteTxnMarkers: api(WriteTxnMarkersRequest, WriteTxnMarkersResponse, '1-2'),
  TxnOffsetCommit: api(TxnOffsetCommitRequest, TxnOffsetCommitResponse, '0-5'),
  DescribeAcls: api(DescribeAclsRequest, DescribeAclsResponse, '1-3'),
  CreateAcls: api(CreateAclsRequest, CreateAclsResponse, '1-3'),
  DeleteAcls: api(DeleteAclsRequest, DeleteAclsResponse, '1-3'),
  DescribeConfigs: api(DescribeConfigsRequest, DescribeConfigsResponse, '1-4'),
  AlterConfigs: api(AlterConfigsRequest, AlterConfigsResponse, '0-2'),
  AlterReplicaLogDirs: api(AlterReplicaLogDirsRequest, AlterReplicaLogDirsResponse, '1-2'),
  DescribeLogDirs: api(DescribeLogDirsRequest, DescribeLogDirsResponse, '1-5'),
  SaslAuthenticate: api(SaslAuthenticateRequest, SaslAuthenticateResponse, '0-2'),
  CreatePartitions: api(CreatePartitionsRequest, CreatePartitionsResponse, '0-3'),
  DeleteGroups: api(DeleteGroupsRequest, DeleteGroupsResponse, '0-2'),
  ElectLeaders: api(ElectLeadersRequest, ElectLeadersResponse, '0-2'),
  IncrementalAlterConfigs: api(IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse, '0-1'),
  AlterPartitionReassignments: api(AlterPartitionReassignmentsRequest, AlterPartitionReassignmentsResponse, '0-1'),
  ListPartitionReassignments: api(ListPartitionReassignmentsRequest, ListPartitionReassignmentsResponse, '0'),
  OffsetDelete: api(OffsetDeleteRequest, OffsetDeleteResponse, '0'),
  DescribeClientQuotas: api(DescribeClientQuotasRequest, DescribeClientQuotasResponse, '0-1'),
  AlterClientQuotas: api(AlterClientQuotasRequest, AlterClientQuotasResponse, '0-1'),
  DescribeUserScramCredentials: api(DescribeUserScramCredentialsRequest, DescribeUserScramCredentialsResponse, '0'),
  AlterUserScramCredentials: api(AlterUserScramCredentialsRequest, AlterUserScramCredentialsResponse, '0'),
  DescribeQuorum: api(DescribeQuorumRequest, DescribeQuorumResponse, '0-2'),
  UpdateFeatures: api(UpdateFeaturesRequest, UpdateFeaturesResponse, '0-2'),
  DescribeCluster: api(DescribeClusterRequest, DescribeClusterResponse, '0-2'),
  DescribeProducers: api(DescribeProducersRequest, DescribeProducersResponse, '0'),
  UnregisterBroker: api(UnregisterBrokerRequest, UnregisterBrokerResponse, '0'),
  DescribeTransactions: api(DescribeTransactionsRequest, DescribeTransactionsResponse, '0'),
  ListTransactions: api(ListTransactionsRequest, ListTransactionsResponse, '0-2'),
  ConsumerGroupHeartbeat: api(ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse, '0-1'),
  ConsumerGroupDescribe: api(ConsumerGroupDescribeRequest, ConsumerGroupDescribeResponse, '0-1'),
  ListConfigResources: api(ListConfigResourcesRequest, ListConfigResourcesResponse, '0-1'),
  DescribeTopicPartitions: api(DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponse, '0'),
} as const

export type ApiName = keyof typeof APIS

const BY_KEY: ReadonlyMap<number, Api> = new Map(Object.values<Api>(APIS).map(row => [row.key, row]))

export function apiOfKey(key: number): Api | undefined {
  return BY_KEY.get(key)
}
