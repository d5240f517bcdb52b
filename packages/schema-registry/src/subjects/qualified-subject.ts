/**
 * Subjects live in contexts: `:.eu:orders` is subject `orders` of context `.eu`. The default context `.` is never
 * written. `:.eu:` alone names the context itself.
 */
import { invalidSubject } from './registry-error.ts'

export const DEFAULT_CONTEXT = '.'
/** Configuration and mode of last resort, for all contexts. */
export const GLOBAL_CONTEXT = '.__GLOBAL'
/** Prefix of lists: subjects of all contexts. */
export const ALL_CONTEXTS = ':*:'

export interface QualifiedSubject {
  /** Starts with a dot. */
  readonly context: string
  /** Empty for the context itself. */
  readonly name: string
}

export function parseSubject(subject: string): QualifiedSubject {
  if (!subject.startsWith(':.')) return { context: DEFAULT_CONTEXT, name: subject }
  const end = subject.indexOf(':', 2)
  if (end < 0) return { context: subject.slice(1), name: '' }
  return { context: subject.slice(1, end), name: subject.slice(end + 1) }
}

export function printSubject({ context, name }: QualifiedSubject): string {
  return context === DEFAULT_CONTEXT ? name : `:${context}:${name}`
}

/** One spelling for each subject: `:.:a` is `a`. */
export function canonicalSubject(subject: string): string {
  return printSubject(parseSubject(subject))
}

/** What an unqualified subject means inside a context. */
export function subjectWithin(context: string, subject: string): string {
  return subject.startsWith(':.') || context === DEFAULT_CONTEXT ? subject : printSubject({ context, name: subject })
}

export function isContext(subject: string): boolean {
  return subject.startsWith(':.') && parseSubject(subject).name === ''
}

const RESERVED: ReadonlySet<string> = new Set(['__GLOBAL', '__EMPTY'])

/** Throws code 42208. `allowsContexts`: configuration and mode belong to whole contexts too. */
export function checkSubject(subject: string, allowsContexts: boolean): void {
  const { context, name } = parseSubject(subject)
  const isReserved = RESERVED.has(name) || (context === GLOBAL_CONTEXT && !allowsContexts)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (isReserved || /[\u0000-\u001f\u007f-\u009f]/.test(subject) || (name === '' && !allowsContexts))
    throw invalidSubject(subject)
}
