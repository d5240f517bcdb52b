/** Names of time zones: `Europe/London`, `UTC+01:00`, and the abbreviations that `z` prints and reads (`BST`, `PDT`). */
import { type ZonedDateTime, ZoneId } from '@js-joda/core'
import '@js-joda/timezone'
import { EvaluationError } from '../expressions/compiled.ts'

/** Throws EvaluationError. */
export function zoneOf(id: string): ZoneId {
  try {
    return ZoneId.of(id)
  } catch (error) {
    throw new EvaluationError(`Invalid time zone: ${(error as Error).message}`)
  }
}

/** English names differ by country: each knows those of its own zones, and all others as `GMT+1`. */
const LOCALES = ['en-US', 'en-GB', 'en-AU', 'en-CA', 'en-IN', 'en-NZ', 'en-ZA']
/** Those that no English-speaking country abbreviates. */
const OTHER_ABBREVIATIONS: ReadonlyMap<string, string> = new Map([
  ['Asia/Tokyo', 'JST'],
  ['Asia/Seoul', 'KST'],
  ['Asia/Shanghai', 'CST'],
  ['Asia/Hong_Kong', 'HKT'],
  ['Asia/Singapore', 'SGT'],
  ['Asia/Kolkata', 'IST'],
  ['Asia/Calcutta', 'IST'],
  ['Europe/Moscow', 'MSK'],
  ['America/Sao_Paulo', 'BRT'],
])

export function zoneName(value: ZonedDateTime, style: 'short' | 'long'): string {
  const id = value.zone().id()
  if (!id.includes('/')) return style === 'long' && id === 'UTC' ? 'Coordinated Universal Time' : id
  const other = OTHER_ABBREVIATIONS.get(id)
  if (style === 'short' && other !== undefined) return other
  for (const locale of LOCALES) {
    const name = intlName(locale, id, style, value.toInstant().toEpochMilli())
    if (name !== undefined && !/^GMT[-+]/.test(name)) return name
  }
  return id
}
function intlName(locale: string, timeZone: string, style: 'short' | 'long', epochMs: number): string | undefined {
  const parts = new Intl.DateTimeFormat(locale, { timeZone, timeZoneName: style }).formatToParts(epochMs)
  return parts.find(part => part.type === 'timeZoneName')?.value
}

/** What an abbreviation means where several zones share it. */
const ABBREVIATED: ReadonlyMap<string, string> = new Map([
  ['EST', 'America/New_York'],
  ['EDT', 'America/New_York'],
  ['CST', 'America/Chicago'],
  ['CDT', 'America/Chicago'],
  ['MST', 'America/Denver'],
  ['MDT', 'America/Denver'],
  ['PST', 'America/Los_Angeles'],
  ['PDT', 'America/Los_Angeles'],
  ['BST', 'Europe/London'],
  ['WET', 'Europe/Lisbon'],
  ['WEST', 'Europe/Lisbon'],
  ['CET', 'Europe/Paris'],
  ['CEST', 'Europe/Paris'],
  ['EET', 'Europe/Athens'],
  ['EEST', 'Europe/Athens'],
  ['MSK', 'Europe/Moscow'],
  ['IST', 'Asia/Kolkata'],
  ['JST', 'Asia/Tokyo'],
  ['KST', 'Asia/Seoul'],
  ['AEST', 'Australia/Sydney'],
  ['AEDT', 'Australia/Sydney'],
])
const ZONE =
  /^(?:(?:UTC|GMT|UT)?[-+]\d{1,2}(?::?\d{2}(?::?\d{2})?)?|[A-Za-z][A-Za-z0-9_]*(?:[/_-][A-Za-z0-9_]+)*(?:[-+]\d+)?)/

/** The zone that a text begins with, and how long its name is. Null when it begins with none. */
export function parseZoneName(text: string): { readonly zone: ZoneId; readonly length: number } | null {
  const name = ZONE.exec(text)?.[0]
  if (name === undefined) return null
  const id = ABBREVIATED.get(name.toUpperCase()) ?? name
  try {
    return { zone: ZoneId.of(/^(?:utc|gmt|ut|z)$/i.test(id) ? id.toUpperCase() : id), length: name.length }
  } catch {
    return null
  }
}
