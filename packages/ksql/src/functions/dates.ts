import { Instant, LocalDate, type ZonedDateTime, type ZoneId, ZoneOffset } from '@js-joda/core'
import type { Clock } from '@millrace/platform'
import type { TimeUnit } from '../ast/nodes.ts'
import { EvaluationError } from '../expressions/compiled.ts'
import { add, type BigInt64, subtract } from '../types/bigint.ts'
import { MS_PER_DAY } from '../types/temporal.ts'
import { DatePattern } from './date-patterns.ts'
import { resolveDate, resolveLenientDate, resolveTime, resolveTimestamp } from './date-resolution.ts'
import { type Implementation, overload, type ScalarFunction, scalar, typedOverload } from './scalar-function.ts'
import { zoneOf } from './zone-names.ts'

const MS_PER_UNIT: Record<TimeUnit, number> = {
  DAYS: MS_PER_DAY,
  HOURS: 3_600_000,
  MINUTES: 60_000,
  SECONDS: 1000,
  MILLISECONDS: 1,
}
const NANOS_PER_MS = 1_000_000

/** What a function failed at, before the reason. */
function explained<T>(what: string, compute: () => T): T {
  try {
    return compute()
  } catch (error) {
    throw new EvaluationError(`${what}: ${(error as Error).message}`)
  }
}

/** An implementation that takes a pattern last but for a zone: the last one compiled is kept. */
function withPattern(use: (pattern: DatePattern, value: never, zone: ZoneId) => number | string) {
  return (): Implementation => {
    let last: DatePattern | undefined
    return (value, pattern: string, zone?: string) => {
      if (last?.pattern !== pattern) last = new DatePattern(pattern)
      return use(last, value as never, zone === undefined ? ZoneOffset.UTC : zoneOf(zone))
    }
  }
}

function atZone(epochMs: BigInt64, zone: ZoneId): ZonedDateTime {
  return Instant.ofEpochMilli(Number(epochMs)).atZone(zone)
}
const printTimestamp = withPattern((pattern, epochMs: BigInt64, zone) =>
  explained(`Failed to format timestamp ${epochMs} with pattern '${pattern.pattern}'`, () =>
    pattern.print(atZone(epochMs, zone), { date: true, time: true, zone: true }),
  ),
)
const printDate = withPattern((pattern, days: number) =>
  explained(`Failed to format date ${days} with pattern '${pattern.pattern}'`, () =>
    pattern.print(LocalDate.ofEpochDay(days).atStartOfDay(ZoneOffset.UTC), { date: true, time: false, zone: false }),
  ),
)
const printTime = withPattern((pattern, ms: number) =>
  explained(`Failed to format time ${ms} with pattern '${pattern.pattern}'`, () =>
    pattern.print(atZone(ms, ZoneOffset.UTC), { date: false, time: true, zone: false }),
  ),
)
const parseTimestamp = withPattern((pattern, text: string, zone) =>
  explained(`Failed to parse timestamp '${text}' with pattern '${pattern.pattern}'`, () =>
    resolveTimestamp(pattern.parse(text), zone).toInstant().toEpochMilli(),
  ),
)
const parseDate = withPattern((pattern, text: string) =>
  explained(`Failed to parse date '${text}' with pattern '${pattern.pattern}'`, () =>
    resolveLenientDate(pattern.parse(text, 'lenient')).toEpochDay(),
  ),
)
const parseDays = withPattern((pattern, text: string) =>
  explained(`Failed to parse date '${text}' with pattern '${pattern.pattern}'`, () =>
    resolveDate(pattern.parse(text)).toEpochDay(),
  ),
)
const parseTime = withPattern((pattern, text: string) =>
  explained(`Failed to parse time '${text}' with pattern '${pattern.pattern}'`, () =>
    Math.floor(resolveTime(pattern.parse(text)).toNanoOfDay() / NANOS_PER_MS),
  ),
)

/** The same wall clock time in another zone. */
function convertZone(epochMs: number, from: string, to: string): number {
  const instant = Instant.ofEpochMilli(epochMs)
  const offset = (zone: string): number => zoneOf(zone).rules().offset(instant).totalSeconds()
  return epochMs + (offset(to) - offset(from)) * 1000
}

/** Days are cut towards 1970-01-01. */
function shiftDate(sign: 1 | -1) {
  return (unit: TimeUnit, interval: number, days: number) =>
    Math.trunc((days * MS_PER_DAY + sign * interval * MS_PER_UNIT[unit]) / MS_PER_DAY) + 0
}
function shiftTime(sign: 1 | -1) {
  return (unit: TimeUnit, interval: number, ms: number) =>
    (((ms + sign * interval * MS_PER_UNIT[unit]) % MS_PER_DAY) + MS_PER_DAY) % MS_PER_DAY
}
function shiftTimestamp(shift: (a: BigInt64, b: BigInt64) => BigInt64) {
  return (unit: TimeUnit, interval: number, epochMs: BigInt64) => shift(epochMs, interval * MS_PER_UNIT[unit])
}

function patterned(
  name: string,
  description: string,
  signatures: readonly string[],
  implement: () => Implementation,
): ScalarFunction {
  return scalar(
    name,
    'DATE / TIME',
    description,
    signatures.map(signature => typedOverload(signature, implement)),
  )
}
function shifting(name: string, description: string, type: string, apply: Implementation): ScalarFunction {
  return scalar(name, 'DATE / TIME', description, [
    overload(`(INTERVALUNIT unit, INT interval, ${type} ${type.toLowerCase()}): ${type}`, apply),
  ])
}

export function dateFunctions(clock: Clock): ScalarFunction[] {
  return [
    scalar('convert_tz', 'DATE / TIME', 'A timestamp as the clocks of one zone show it, read in another.', [
      overload('(TIMESTAMP timestamp, VARCHAR fromTimeZone, VARCHAR toTimeZone): TIMESTAMP', convertZone),
    ]),
    shifting('dateadd', 'A date and a duration after it.', 'DATE', shiftDate(1)),
    shifting('datesub', 'A date and a duration before it.', 'DATE', shiftDate(-1)),
    patterned(
      'datetostring',
      'Days since 1970-01-01 as text in a pattern.',
      ['(INT epochDays, VARCHAR formatPattern): VARCHAR'],
      printDate,
    ),
    patterned('format_date', 'A date as text.', ['(DATE date, VARCHAR formatPattern): VARCHAR'], printDate),
    patterned('format_time', 'A time as text.', ['(TIME time, VARCHAR formatPattern): VARCHAR'], printTime),
    patterned(
      'format_timestamp',
      'A timestamp as text, in UTC or another zone.',
      [
        '(TIMESTAMP timestamp, VARCHAR formatPattern): VARCHAR',
        '(TIMESTAMP timestamp, VARCHAR formatPattern, VARCHAR timeZone): VARCHAR',
      ],
      printTimestamp,
    ),
    scalar('from_days', 'DATE / TIME', 'The date so many days after 1970-01-01.', [
      overload('(INT days): DATE', (days: number) => days),
    ]),
    scalar('from_unixtime', 'DATE / TIME', 'The timestamp so many milliseconds after 1970-01-01.', [
      overload('(BIGINT epochMilli): TIMESTAMP', (epochMs: BigInt64) => epochMs),
    ]),
    patterned(
      'parse_date',
      'The date a text means.',
      ['(VARCHAR formattedDate, VARCHAR formatPattern): DATE'],
      parseDate,
    ),
    patterned(
      'parse_time',
      'The time a text means.',
      ['(VARCHAR formattedTime, VARCHAR formatPattern): TIME'],
      parseTime,
    ),
    patterned(
      'parse_timestamp',
      'The timestamp a text means, in UTC or another zone.',
      [
        '(VARCHAR formattedTimestamp, VARCHAR formatPattern): TIMESTAMP',
        '(VARCHAR formattedTimestamp, VARCHAR formatPattern, VARCHAR timeZone): TIMESTAMP',
      ],
      parseTimestamp,
    ),
    patterned(
      'stringtodate',
      'The days since 1970-01-01 of the date a text means.',
      ['(VARCHAR formattedDate, VARCHAR formatPattern): INT'],
      parseDays,
    ),
    patterned(
      'stringtotimestamp',
      'The milliseconds since 1970-01-01 of the timestamp a text means.',
      [
        '(VARCHAR formattedTimestamp, VARCHAR formatPattern): BIGINT',
        '(VARCHAR formattedTimestamp, VARCHAR formatPattern, VARCHAR timeZone): BIGINT',
      ],
      parseTimestamp,
    ),
    shifting('timeadd', 'A time and a duration after it, around midnight.', 'TIME', shiftTime(1)),
    shifting('timestampadd', 'A timestamp and a duration after it.', 'TIMESTAMP', shiftTimestamp(add)),
    shifting('timestampsub', 'A timestamp and a duration before it.', 'TIMESTAMP', shiftTimestamp(subtract)),
    patterned(
      'timestamptostring',
      'Milliseconds since 1970-01-01 as text, in UTC or another zone.',
      [
        '(BIGINT epochMilli, VARCHAR formatPattern): VARCHAR',
        '(BIGINT epochMilli, VARCHAR formatPattern, VARCHAR timeZone): VARCHAR',
      ],
      printTimestamp,
    ),
    shifting('timesub', 'A time and a duration before it, around midnight.', 'TIME', shiftTime(-1)),
    scalar('unix_date', 'DATE / TIME', 'Days since 1970-01-01, of today or of a date.', [
      overload('(): INT', () => Math.floor(clock.nowMs() / MS_PER_DAY)),
      overload('(DATE date): INT', (days: number) => days),
    ]),
    scalar('unix_timestamp', 'DATE / TIME', 'Milliseconds since 1970-01-01, of now or of a timestamp.', [
      overload('(): BIGINT', () => clock.nowMs()),
      overload('(TIMESTAMP timestamp): BIGINT', (epochMs: BigInt64) => epochMs),
    ]),
  ]
}
