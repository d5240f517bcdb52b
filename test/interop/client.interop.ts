/**
 * The client's behaviour suites against Apache Kafka: what our broker answers in the unit tests, Kafka answers here.
 * `npm run interop:kafka` starts a broker for it.
 */
import { adminBehaviour } from '../../packages/client/test/behaviour/admin-behaviour.ts'
import { consumerBehaviour } from '../../packages/client/test/behaviour/consumer-behaviour.ts'
import { groupBehaviour } from '../../packages/client/test/behaviour/group-behaviour.ts'
import { producerBehaviour } from '../../packages/client/test/behaviour/producer-behaviour.ts'
import { transactionBehaviour } from '../../packages/client/test/behaviour/transaction-behaviour.ts'

const bootstrapServers = process.env.MILLRACE_KAFKA_SERVERS
if (bootstrapServers === undefined)
  throw new Error('MILLRACE_KAFKA_SERVERS names no brokers: use npm run interop:kafka')

const cluster = () => ({ bootstrapServers })
producerBehaviour(cluster)
consumerBehaviour(cluster)
adminBehaviour(cluster)
transactionBehaviour(cluster)
// Kafka has KIP-848 on by default from 4.0 on.
groupBehaviour(cluster, !/^[23]\./.test(process.env.KAFKA_VERSION ?? ''))
