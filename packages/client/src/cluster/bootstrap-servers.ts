import { InvalidConfigError } from '@millrace/protocol'
import type { BrokerAddress } from '../connection/broker-connection.ts'

const ADDRESS = /^(?:\[(?<ipv6>[0-9a-fA-F:.%]+)\]|(?<host>[^\s:[\]]+)):(?<port>\d{1,5})$/

/** `host:port`, `[::1]:9092`; also a comma-separated list of them. Throws {@link InvalidConfigError}. */
export function parseBootstrapServers(servers: readonly string[]): BrokerAddress[] {
  const addresses = servers.map(server => {
    const groups = ADDRESS.exec(server.trim())?.groups
    const port = Number(groups?.port)
    if (groups === undefined || port < 1 || port > 65_535)
      throw new InvalidConfigError('bootstrapServers', server, 'each server is written host:port')
    return { host: groups.ipv6 ?? groups.host!, port }
  })
  if (addresses.length === 0)
    throw new InvalidConfigError('bootstrapServers', servers, 'name at least one broker, for example 127.0.0.1:9092')
  return addresses
}
