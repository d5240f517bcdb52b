/** From the fields a text said to a date, a time or a timestamp, as java.time resolves them (ResolverStyle.SMART). */
import {
  ChronoField,
  DayOfWeek,
  LocalDate,
  LocalTime,
  TemporalAdjusters,
  type ZonedDateTime,
  type ZoneId,
} from '@js-joda/core'
import { EvaluationError } from '../expressions/compiled.ts'
import type { FieldName, ParsedFields } from './date-patterns.ts'

const HOURS_PER_HALF_DAY = 12
const DATE_FIELDS: readonly FieldName[] = [
  'era',
  'year',
  'yearOfEra',
  'month',
  'dayOfMonth',
  'dayOfYear',
  'dayOfWeek',
  'ignored',
]
const RANGES: readonly (readonly [FieldName, number, number])[] = [
  ['month', 1, 12],
  ['dayOfMonth', 1, 31],
  ['dayOfYear', 1, 366],
  ['hour', 0, 24],
  ['hourOfAmPm', 0, 11],
  ['minute', 0, 59],
  ['second', 0, 59],
]
type Values = ParsedFields['values']

function checkRanges(values: Values): void {
  for (const [name, least, most] of RANGES) {
    const value = values.get(name)
    if (value !== undefined && (value < least || value > most))
      throw new EvaluationError(`Invalid value for ${name} (valid values ${least} - ${most}): ${value}`)
  }
}
function yearOf(values: Values): number | undefined {
  const yearOfEra = values.get('yearOfEra')
  if (yearOfEra === undefined) return values.get('year')
  return values.get('era') === 0 ? 1 - yearOfEra : yearOfEra
}

/** Null when the fields make no whole date. A day after the end of its month is the last one. */
function wholeDate(values: Values): LocalDate | null {
  const [year, month, day] = [yearOf(values), values.get('month'), values.get('dayOfMonth')]
  if (year === undefined) return null
  const dayOfYear = values.get('dayOfYear')
  if (month !== undefined && day !== undefined) {
    const first = LocalDate.of(year, month, 1)
    return checkDayOfWeek(first.withDayOfMonth(Math.min(day, first.lengthOfMonth())), values)
  }
  return dayOfYear === undefined ? null : checkDayOfWeek(LocalDate.ofYearDay(year, dayOfYear), values)
}
function checkDayOfWeek(date: LocalDate, values: Values): LocalDate {
  const wanted = values.get('dayOfWeek')
  if (wanted !== undefined && date.dayOfWeek().value() !== wanted)
    throw new EvaluationError(`${date} is no ${DayOfWeek.of(wanted)}`)
  return date
}

interface TimeOfDay {
  readonly time: LocalTime
  /** 24:00 is the start of the next day. */
  readonly nextDay: boolean
}
/** Null when there is no hour. What is missing after it is 0. */
function timeOf(values: Values): TimeOfDay | null {
  const nanoOfDay = values.get('nanoOfDay') ?? ifPresent(values.get('milliOfDay'), ms => ms * 1_000_000)
  if (nanoOfDay !== undefined) return { time: LocalTime.ofNanoOfDay(nanoOfDay), nextDay: false }
  const [half, hourOfHalf] = [values.get('amPm'), values.get('hourOfAmPm')]
  const hour =
    values.get('hour') ??
    (half === undefined || hourOfHalf === undefined ? undefined : half * HOURS_PER_HALF_DAY + hourOfHalf)
  if (hour === undefined) return null
  const [minute = 0, second = 0, nano = 0] = [values.get('minute'), values.get('second'), values.get('nano')]
  const nextDay = hour === 24 && minute === 0 && second === 0 && nano === 0
  return { time: LocalTime.of(nextDay ? 0 : hour, minute, second, nano), nextDay }
}
function ifPresent<T, R>(value: T | undefined, convert: (value: T) => R): R | undefined {
  return value === undefined ? undefined : convert(value)
}

/** Throws when the fields are no whole date. */
export function resolveDate({ values }: ParsedFields): LocalDate {
  checkRanges(values)
  const date = wholeDate(values)
  if (date === null) throw new EvaluationError('the pattern gives no whole date')
  return date
}

/** As java.util.Calendar: what is missing counts as in 1970-01-01, and what is too much runs over. */
export function resolveLenientDate({ values, zone }: ParsedFields): LocalDate {
  const time = [values.get('hour'), values.get('hourOfAmPm'), values.get('minute'), values.get('second')]
  if (time.some(value => (value ?? 0) !== 0) || (values.get('nano') ?? 0) >= 1_000_000 || values.get('amPm') === 1)
    throw new EvaluationError('Date format contains time field.')
  const start = LocalDate.of(yearOf(values) ?? 1970, 1, 1)
  const dayOfYear = values.get('dayOfYear')
  const date =
    dayOfYear === undefined
      ? start.plusMonths((values.get('month') ?? 1) - 1).plusDays((values.get('dayOfMonth') ?? 1) - 1)
      : start.plusDays(dayOfYear - 1)
  if (zone !== null && date.atStartOfDay(zone).toInstant().toEpochMilli() !== date.toEpochDay() * 86_400_000)
    throw new EvaluationError('Date format contains time field.')
  return date
}

/** Throws when there is no hour, or anything of a date. */
export function resolveTime({ values }: ParsedFields): LocalTime {
  if (DATE_FIELDS.some(name => values.has(name))) throw new EvaluationError('Time format contains date field.')
  checkRanges(values)
  const time = timeOf(values)
  if (time === null) throw new EvaluationError('the pattern gives no time')
  return time.time
}

/** What the text does not say counts as in 1970-01-01T00:00 of its zone, else of `zone`. */
export function resolveTimestamp(fields: ParsedFields, zone: ZoneId): ZonedDateTime {
  const { values } = fields
  checkRanges(values)
  const whole = wholeDate(values)
  const time = timeOf(values)
  const date = (whole ?? partialDate(values)).plusDays(time?.nextDay ? 1 : 0)
  return date.atTime(time?.time ?? partialTime(values)).atZone(fields.zone ?? zone)
}
function partialDate(values: Values): LocalDate {
  const day = values.get('dayOfYear')
  if (day === 366) throw new EvaluationError('Leap day cannot be parsed without supplying the year field')
  const dayOfWeek = values.get('dayOfWeek')
  let date = LocalDate.of(yearOf(values) ?? 1970, values.get('month') ?? 1, 1)
  date = date.withDayOfMonth(values.get('dayOfMonth') ?? 1)
  if (day !== undefined) date = date.withDayOfYear(day)
  if (dayOfWeek === undefined) return date
  return date.with(TemporalAdjusters.previousOrSame(DayOfWeek.MONDAY)).plusDays(dayOfWeek - 1)
}
function partialTime(values: Values): LocalTime {
  let time = LocalTime.MIDNIGHT.plusHours((values.get('amPm') ?? 0) * HOURS_PER_HALF_DAY)
  time = time.plusHours(values.get('hourOfAmPm') ?? 0).plusMinutes(values.get('minute') ?? 0)
  return time.plusSeconds(values.get('second') ?? 0).with(ChronoField.NANO_OF_SECOND, values.get('nano') ?? 0)
}
