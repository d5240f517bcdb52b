/**
 * Options objects from tables of settings: a row `max.block.ms` is the option `maxBlockMs`. The table has the type, the
 * default and the documentation; nothing about an option is written a second time.
 */
import { type ConfigType, InvalidConfigError, optionName, parseSetting } from '@millrace/protocol'

type Rows = Readonly<Record<string, { readonly type: ConfigType<unknown>; readonly default: unknown }>>

/** `max.block.ms` → `maxBlockMs`, as a type. */
export type OptionName<S> = S extends `${infer Head}.${infer Tail}` ? `${Head}${Capitalize<OptionName<Tail>>}` : S

type TypeOfRow<R> = R extends { readonly type: ConfigType<infer T> } ? T : never

/** What a user may give for the rows of `D`: typed values under camelCase names, all optional; a list also as Kafka writes it, `a,b`. */
export type OptionsOf<D> = {
  readonly [S in keyof D as OptionName<S>]?:
    | TypeOfRow<D[S]>
    | (TypeOfRow<D[S]> extends readonly string[] ? string : never)
    | undefined
}

/** The same with every value there. */
export type ParsedOptions<D> = {
  readonly [S in keyof D as OptionName<S>]: TypeOfRow<D[S]>
}

export interface Parsed<D> {
  readonly values: ParsedOptions<D>
  /** True when the user gave the option: some defaults yield to other settings, a given value never does. */
  isGiven(option: keyof ParsedOptions<D>): boolean
}

/**
 * Reads an options object. Options that are no row of the table are left to the caller; `others` names those it knows.
 * Throws {@link InvalidConfigError} for a bad value and for an option that nobody knows.
 */
export function parseOptions<D extends Rows>(
  definition: D,
  options: Readonly<Record<string, unknown>>,
  others: readonly string[] = [],
): Parsed<D> {
  const values: Record<string, unknown> = Object.create(null)
  const given = new Set<PropertyKey>()
  const known = new Set(others)
  for (const [setting, row] of Object.entries(definition)) {
    const option = optionName(setting)
    known.add(option)
    const raw = options[option]
    if (raw === undefined) {
      values[option] = row.default
      continue
    }
    given.add(option)
    values[option] = parseSetting(setting, row.type, raw)
  }
  for (const [option, raw] of Object.entries(options))
    if (raw !== undefined && !known.has(option)) throw new InvalidConfigError(option, raw, 'there is no such option')
  return { values: Object.freeze(values) as ParsedOptions<D>, isGiven: option => given.has(option) }
}

/** Those of `options` that are rows of the table, or named in `others`: what one client hands on to another. */
export function optionsIn<O extends object>(
  definition: Rows,
  options: Readonly<Record<string, unknown>> | object,
  others: readonly string[] = [],
): O {
  const names = new Set([...Object.keys(definition).map(optionName), ...others])
  return Object.fromEntries(Object.entries(options).filter(([name]) => names.has(name))) as O
}
