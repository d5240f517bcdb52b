/** The topic that holds the schemas: one partition, compacted, made if it is missing. */
import { type Admin, FailedResourcesError } from '@millrace/client'
import { storeFailed } from '../subjects/registry-error.ts'

/** Of a new topic; fewer where there are fewer brokers. */
const DESIRED_REPLICATION_FACTOR = 3

/** Rejects with code 50001 for a topic that would lose schemas, and with the client's own errors. */
export async function ensureSchemasTopic(admin: Admin, topic: string): Promise<void> {
  if (!(await exists(admin, topic))) await create(admin, topic)
  const description = (await admin.describeTopics([topic])).get(topic)
  if (description?.partitions.length !== 1)
    throw storeFailed(
      `topic ${topic} has ${description?.partitions.length} partitions instead of 1: name another topic`,
    )
  const [configs] = await admin.describeConfigs([{ type: 'topic', name: topic, settings: ['cleanup.policy'] }])
  const policy = configs?.configs.get('cleanup.policy')?.value
  if (policy !== 'compact')
    throw storeFailed(`topic ${topic} has cleanup.policy ${policy} and would lose schemas: set it to compact`)
}

async function exists(admin: Admin, topic: string): Promise<boolean> {
  const topics = await admin.listTopics({ includeInternal: true })
  return topics.some(({ name }) => name === topic)
}

async function create(admin: Admin, topic: string): Promise<void> {
  const { nodes } = await admin.describeCluster()
  const replicationFactor = Math.min(DESIRED_REPLICATION_FACTOR, nodes.length)
  try {
    const configs = { 'cleanup.policy': 'compact' }
    await admin.createTopics([{ name: topic, partitions: 1, replicationFactor, configs }])
  } catch (error) {
    // Another registry was faster.
    if (!(error instanceof FailedResourcesError && error.code === 'TOPIC_ALREADY_EXISTS')) throw error
  }
}
