import { InvalidConfigError } from '@millrace/protocol'
import type { BrokerConfig } from './broker-config.ts'

export interface Endpoint {
  readonly host: string
  readonly port: number
}

const ALL_INTERFACES = '0.0.0.0'
/** Not `localhost`: librdkafka tries ::1 for that first and stalls. */
const LOOPBACK = '127.0.0.1'

/** Where to listen. Throws {@link InvalidConfigError} for anything but one PLAINTEXT listener. */
export function listenAddress(config: BrokerConfig): Endpoint {
  const { host, port } = parseListener('listeners', config.listeners)
  return { host: host === '' ? ALL_INTERFACES : host, port }
}

/** What clients are told. `bound`: where the broker listens in fact. */
export function advertisedAddress(config: BrokerConfig, bound: Endpoint): Endpoint {
  const advertised = config['advertised.listeners']
  if (advertised !== null) return parseListener('advertised.listeners', advertised)
  const isAll = bound.host === ALL_INTERFACES || bound.host === '::'
  return { host: isAll ? LOOPBACK : bound.host, port: bound.port }
}

function parseListener(setting: string, value: string): Endpoint {
  const match = /^PLAINTEXT:\/\/(?:\[([0-9a-fA-F:.]+)\]|([^:/,]*)):(\d{1,5})$/.exec(value.trim())
  const port = Number(match?.[3])
  if (match === null || port > 0xffff)
    throw new InvalidConfigError(setting, value, 'must be one listener like PLAINTEXT://127.0.0.1:9092')
  return { host: match[1] ?? match[2] ?? '', port }
}
