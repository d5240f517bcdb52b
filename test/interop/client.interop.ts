/**
 * The client's behaviour suites against Apache Kafka: what our broker answers in the unit tests, Kafka answers here.
 * `npm run interop:kafka` starts a broker for it.
 */
import { clientBehaviour } from '../../packages/client/test/behaviour/client-behaviour.ts'

const bootstrapServers = process.env.MILLRACE_KAFKA_SERVERS
if (bootstrapServers === undefined)
  throw new Error('MILLRACE_KAFKA_SERVERS names no brokers: use npm run interop:kafka')

// Kafka has KIP-848 on by default from 4.0 on.
clientBehaviour(() => ({ bootstrapServers }), !/^[23]\./.test(process.env.KAFKA_VERSION ?? ''))
