import type { ConfigType } from '@millrace/protocol'

/** A setting that may have no value: null, in Kafka's text form `null` or an empty one. */
export function optional<T>(type: ConfigType<T>): ConfigType<T | null> {
  return {
    name: type.name,
    parse: raw => (raw === null || raw === '' || raw === 'null' ? null : type.parse(raw)),
    print: value => (value === null ? 'null' : type.print(value)),
  }
}
