/**
 * TIME, DATE and TIMESTAMP as text: ISO forms as java.time prints and reads them, always in UTC.
 * TIME is milliseconds of the day, DATE days since the epoch, TIMESTAMP milliseconds since the epoch.
 */
import { DateTimeFormatter, Instant, LocalDate, LocalDateTime, LocalTime, ZoneId, ZoneOffset } from '@js-joda/core'
import { MillraceError } from '@millrace/protocol'

export const MS_PER_DAY = 86_400_000
const NANOS_PER_MS = 1_000_000

export class TemporalError extends MillraceError {
  readonly code = 'TEMPORAL'
  constructor(
    readonly text: string,
    readonly expected: string,
  ) {
    super(`Required format is: "${expected}", but got '${text}'`)
  }
}

export function printDate(days: number): string {
  return LocalDate.ofEpochDay(days).toString()
}
export function printTime(ms: number): string {
  return LocalTime.ofNanoOfDay(ms * NANOS_PER_MS).toString()
}
/** `2020-01-02T03:04:05.678`, milliseconds always there. */
export function printTimestamp(ms: number): string {
  return LocalDateTime.ofInstant(Instant.ofEpochMilli(ms), ZoneOffset.UTC).format(TIMESTAMP_FORMAT)
}
const TIMESTAMP_FORMAT = DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSS")

/** `2020-01-02`; a time after it is cut off. */
export function parseDate(text: string): number {
  const match = /^(\d{4}-\d{2}-\d{2})(?:T.*)?$/.exec(text.trim())
  return orThrow(text, 'yyyy-MM-dd', () => LocalDate.parse(match?.[1] ?? text).toEpochDay())
}
/** `03:04[:05[.678]]`. */
export function parseTime(text: string): number {
  return orThrow(text, 'HH:mm:ss.SSS', () => Math.floor(LocalTime.parse(text.trim()).toNanoOfDay() / NANOS_PER_MS))
}
/** `2020[-01[-02[T03:04[:05[.678]][zone]]]]`: what is missing counts as the start. */
export function parseTimestamp(text: string): number {
  const expected = "yyyy-MM-dd'T'HH:mm:ss.SSS"
  const match =
    /^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?(?:T(\d{2})?(?::(\d{2}))?(?::(\d{2}))?(?:[.,](\d{1,9}))?\s*(\S+)?)?$/.exec(
      text.trim(),
    )
  if (match === null) throw new TemporalError(text, expected)
  const [, year, month = '01', day = '01', hour = '00', minute = '00', second = '00', fraction = '', zone] = match
  return orThrow(text, expected, () =>
    LocalDateTime.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction.padEnd(3, '0')}`)
      .atZone(zone === undefined ? ZoneOffset.UTC : ZoneId.of(zone))
      .toInstant()
      .toEpochMilli(),
  )
}

function orThrow(text: string, expected: string, parse: () => number): number {
  try {
    return parse()
  } catch {
    throw new TemporalError(text, expected)
  }
}
