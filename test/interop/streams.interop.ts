/**
 * Applications on Apache Kafka: what our broker answers in the unit tests, Kafka answers here. `npm run interop:kafka`
 * starts a broker for it.
 */
import { applicationBehaviour } from '../streams/application-behaviour.ts'
import { TestCluster } from '../streams/test-cluster.ts'

const bootstrapServers = process.env.MILLRACE_KAFKA_SERVERS
if (bootstrapServers === undefined)
  throw new Error('MILLRACE_KAFKA_SERVERS names no brokers: use npm run interop:kafka')

applicationBehaviour(() => TestCluster.at(bootstrapServers))
