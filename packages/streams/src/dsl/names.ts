/**
 * Names of nodes, stores and internal topics. One counter runs through a whole builder and is part of the names that
 * users' clusters hold (changelogs, repartition topics), so each operator takes its numbers exactly as Kafka Streams
 * does. Most take them even when the user gives a name.
 */
import { TopologyError } from '../errors.ts'

const COUNTER_DIGITS = 10
const MAX_NAME_LENGTH = 249
const LEGAL_NAME = /^[a-zA-Z0-9._-]+$/

export class NameCounter {
  #next = 0

  processor(prefix: string): string {
    return prefix + this.#take()
  }

  /** `prefix` is that of the operator: `KSTREAM-AGGREGATE-` gives `KSTREAM-AGGREGATE-STATE-STORE-0000000002`. */
  store(prefix: string): string {
    return `${prefix}STATE-STORE-${this.#take()}`
  }

  /** The given name or a generated one. Takes a number in both cases. */
  processorOr(named: string | undefined, prefix: string): string {
    const generated = this.processor(prefix)
    return named ?? generated
  }

  #take(): string {
    return String(this.#next++).padStart(COUNTER_DIGITS, '0')
  }
}

/** The name of a part of an operator that the user named. Throws a TopologyError when it grows too long. */
export function suffixedName(name: string | undefined, suffix: string): string | undefined {
  return name === undefined ? undefined : checkedName(name + suffix)
}

/** Names become parts of topic names. Throws a TopologyError for one that cannot. */
export function checkedName(name: string): string {
  if (name === '' || name === '.' || name === '..') throw new TopologyError(`"${name}" is not a name`)
  if (name.length > MAX_NAME_LENGTH)
    throw new TopologyError(`a name has at most ${MAX_NAME_LENGTH} characters: ${name}`)
  if (!LEGAL_NAME.test(name)) {
    throw new TopologyError(`name "${name}" has characters other than letters, digits, ".", "_" and "-"`)
  }
  return name
}
