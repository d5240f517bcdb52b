export { Broker, type BrokerOptions } from './broker.ts'
export { BROKER_CONFIG, type BrokerConfig, type BrokerConfigInput } from './config/broker-config.ts'
export type { Endpoint } from './config/listener.ts'
