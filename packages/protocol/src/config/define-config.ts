/**
 * A setting is a row of a table: type, default, documentation. Parsing, validation, help and DescribeConfigs answers
 * derive from it. Names are Kafka's property names; TypeScript options are their camelCase ({@link optionName}).
 */
import { MillraceError } from '../errors/millrace-error.ts'

/** Kafka's names for the types of settings (`ConfigDef.Type`). */
export type ConfigTypeName = 'BOOLEAN' | 'STRING' | 'INT' | 'LONG' | 'DOUBLE' | 'LIST' | 'PASSWORD'

export interface ConfigType<T> {
  readonly name: ConfigTypeName
  /** Takes the typed value or Kafka's text form. Throws an Error whose message is the `reason` of {@link InvalidConfigError}. */
  parse(raw: unknown): T
  /** Kafka's text form, as DescribeConfigs reports it. */
  print(value: T): string
}

export interface ConfigSetting<T> {
  readonly type: ConfigType<T>
  readonly default: T
  readonly doc: string
}
type Row = { readonly type: ConfigType<unknown>; readonly default: unknown; readonly doc: string }
type TypeOfRow<R> = R extends { readonly type: ConfigType<infer T> } ? T : never
export type ConfigValues<D> = { readonly [K in keyof D]: TypeOfRow<D[K]> }

export class InvalidConfigError extends MillraceError {
  readonly code = 'INVALID_CONFIG'
  constructor(
    readonly setting: string,
    readonly value: unknown,
    readonly reason: string,
  ) {
    super(`invalid value ${JSON.stringify(value) ?? String(value)} for ${setting}: ${reason}`)
  }
}

function integer(name: 'INT' | 'LONG', bounds: { min?: number; max?: number }, lowest: number, highest: number) {
  const min = bounds.min ?? lowest
  const max = bounds.max ?? highest
  return {
    name,
    parse(raw: unknown): number {
      const value = typeof raw === 'string' && /^\s*[-+]?\d+\s*$/.test(raw) ? Number(raw) : raw
      if (typeof value !== 'number' || !Number.isInteger(value)) throw new Error('must be an integer')
      if (value < min) throw new Error(`must be at least ${min}`)
      if (value > max) throw new Error(`must be at most ${max}`)
      return value
    },
    print: printInteger,
  } satisfies ConfigType<number>
}

/** 2^63 is how Long.MAX reads as a double; Kafka prints it in full. */
function printInteger(value: number): string {
  return value >= 2 ** 63 ? '9223372036854775807' : String(value)
}

export const int = (bounds: { min?: number; max?: number } = {}): ConfigType<number> =>
  integer('INT', bounds, -(2 ** 31), 2 ** 31 - 1)
export const long = (bounds: { min?: number; max?: number } = {}): ConfigType<number> =>
  integer('LONG', bounds, -(2 ** 63), 2 ** 63)
export const LONG_MAX = 2 ** 63

export const double = (bounds: { min?: number; max?: number } = {}): ConfigType<number> => ({
  name: 'DOUBLE',
  parse(raw) {
    const value = typeof raw === 'string' && raw.trim() !== '' ? Number(raw) : raw
    if (typeof value !== 'number' || Number.isNaN(value)) throw new Error('must be a number')
    if (value < (bounds.min ?? -Infinity)) throw new Error(`must be at least ${bounds.min}`)
    if (value > (bounds.max ?? Infinity)) throw new Error(`must be at most ${bounds.max}`)
    return value
  },
  print: value => String(value),
})

export const boolean = (): ConfigType<boolean> => ({
  name: 'BOOLEAN',
  parse(raw) {
    if (typeof raw === 'boolean') return raw
    const text = typeof raw === 'string' ? raw.trim().toLowerCase() : ''
    if (text === 'true') return true
    if (text === 'false') return false
    throw new Error('must be true or false')
  },
  print: String,
})

export const text = (): ConfigType<string> => ({
  name: 'STRING',
  parse(raw) {
    if (typeof raw !== 'string') throw new Error('must be a string')
    return raw
  },
  print: value => value,
})

/** A text that is never shown: errors and descriptions leave it out. */
export const password = (): ConfigType<string> => ({ ...text(), name: 'PASSWORD', print: () => '[hidden]' })

export const oneOf = <const T extends string>(...choices: readonly T[]): ConfigType<T> => ({
  name: 'STRING',
  parse(raw) {
    const found = choices.find(choice => choice === raw)
    if (found === undefined) throw new Error(`must be one of ${choices.join(', ')}`)
    return found
  },
  print: value => value,
})

/** A comma-separated list; each element one of `choices` when there are any. */
export const list = <const T extends string = string>(...choices: readonly T[]): ConfigType<readonly T[]> => ({
  name: 'LIST',
  parse(raw) {
    const parts = Array.isArray(raw)
      ? raw
      : typeof raw === 'string'
        ? raw.split(',').map(part => part.trim())
        : undefined
    if (parts === undefined) throw new Error('must be a list')
    const elements = parts.filter(part => part !== '')
    const odd = elements.find(
      element => typeof element !== 'string' || (choices.length > 0 && !choices.includes(element as T)),
    )
    if (odd !== undefined) throw new Error(`${String(odd)} is not one of ${choices.join(', ')}`)
    return elements as T[]
  },
  print: value => value.join(','),
})

/** A table of settings. The type of each default is checked against the type of its row. */
export function defineConfig<const D extends Record<string, Row>>(
  rows: D & { readonly [K in keyof D]: { readonly default: TypeOfRow<D[K]> } },
): Readonly<D> {
  return Object.freeze(rows)
}

/** `group.initial.rebalance.delay.ms` → `groupInitialRebalanceDelayMs`. */
export function optionName(setting: string): string {
  return setting.replace(/[._-]([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}

/** Parses one value. Throws {@link InvalidConfigError}. */
export function parseSetting<T>(setting: string, type: ConfigType<T>, raw: unknown): T {
  try {
    return type.parse(raw)
  } catch (error) {
    throw new InvalidConfigError(setting, type.name === 'PASSWORD' ? '[hidden]' : raw, (error as Error).message)
  }
}

/**
 * Reads settings given under Kafka's names into a frozen object with a value for each row.
 * Throws {@link InvalidConfigError} for a bad value and for a name that the table does not have.
 */
export function parseConfig<D extends Record<string, Row>>(
  definition: D,
  input: Readonly<Record<string, unknown>>,
): ConfigValues<D> {
  const values: Record<string, unknown> = Object.create(null)
  for (const [setting, row] of Object.entries(definition)) values[setting] = row.default
  for (const [setting, raw] of Object.entries(input)) {
    if (raw === undefined) continue
    if (!Object.hasOwn(definition, setting)) throw new InvalidConfigError(setting, raw, 'there is no such setting')
    values[setting] = parseSetting(setting, definition[setting]!.type, raw)
  }
  return Object.freeze(values) as ConfigValues<D>
}
