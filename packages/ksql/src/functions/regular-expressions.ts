/**
 * REGEXP_*: patterns in RE2's syntax, matched in time linear in the text, so that no pattern stops a server. Of Java's
 * syntax that leaves out look-around, back references and possessive quantifiers: a call with one of them fails.
 */
import { RE2JS } from 're2js'
import { EvaluationError } from '../expressions/compiled.ts'
import { checkLength, MAX_RESULT_LENGTH } from './limits.ts'
import { type Implementation, type ScalarFunction, scalar, typedOverload } from './scalar-function.ts'

/** Compiled programs grow with the pattern. */
const MAX_PATTERN_LENGTH = 10_000

function compile(pattern: string): RE2JS {
  if (pattern.length > MAX_PATTERN_LENGTH)
    throw new EvaluationError(`a pattern of ${pattern.length} characters is over the limit of ${MAX_PATTERN_LENGTH}`)
  try {
    return RE2JS.compile(pattern)
  } catch (error) {
    throw new EvaluationError(`Invalid regular expression pattern: ${pattern} (${(error as Error).message})`)
  }
}

/** A call site nearly always has one pattern, so the last one is kept. */
function withPattern(use: (pattern: RE2JS, ...args: never[]) => ReturnType<Implementation>, at: number) {
  return (): Implementation => {
    let last: { readonly text: string; readonly pattern: RE2JS } | undefined
    return (...args) => {
      const text = args[at] as string
      if (last?.text !== text) last = { text, pattern: compile(text) }
      return use(last.pattern, ...(args.toSpliced(at, 1) as never[]))
    }
  }
}

function extract(pattern: RE2JS, input: string, group = 0): string | null {
  const matcher = pattern.matcher(input)
  return group >= 0 && group <= matcher.groupCount() && matcher.find() ? (matcher.group(group) ?? null) : null
}
function extractAll(pattern: RE2JS, input: string, group = 0): (string | null)[] | null {
  const matcher = pattern.matcher(input)
  if (group < 0 || group > matcher.groupCount()) return null
  const matches: (string | null)[] = []
  while (matcher.find()) matches.push(matcher.group(group) ?? null)
  return matches
}
/** The replacement is Java's: `$1` is a group, a backslash takes the next character as it is. */
function replaceAll(pattern: RE2JS, input: string, replacement: string): string {
  const matcher = pattern.matcher(input)
  const groups = replacement.split('$').length - 1
  const atMost = (matches: number, matched: number) => input.length + matches * replacement.length + groups * matched
  if (atMost(input.length + 1, input.length) > MAX_RESULT_LENGTH) {
    let [matches, matched] = [0, 0]
    while (matcher.find()) {
      matches++
      matched += matcher.end() - matcher.start()
      checkLength(atMost(matches, matched), 'REGEXP_REPLACE')
    }
  }
  return matcher.reset().replaceAll(replacement, true)
}

/** A pattern that matches nothing splits between all characters, without empty texts at the ends. */
function split(pattern: RE2JS, input: string): string[] {
  const matcher = pattern.matcher(input)
  const parts: string[] = []
  let start = 0
  const matchesNothing = pattern.matches('')
  while (matcher.find()) {
    if (matchesNothing && matcher.end() === 0) continue
    parts.push(input.slice(start, matcher.start()))
    start = matcher.end()
  }
  parts.push(input.slice(start))
  if (matchesNothing && input !== '') while (parts.at(-1) === '') parts.pop()
  return parts
}

export const regularExpressionFunctions: readonly ScalarFunction[] = [
  scalar('regexp_extract', 'REGULAR EXPRESSION', 'The first match of a pattern, or one of its groups.', [
    typedOverload('(VARCHAR pattern, VARCHAR input): VARCHAR', withPattern(extract, 0)),
    typedOverload('(VARCHAR pattern, VARCHAR input, INT group): VARCHAR', withPattern(extract, 0)),
  ]),
  scalar('regexp_extract_all', 'REGULAR EXPRESSION', 'All matches of a pattern, or of one of its groups.', [
    typedOverload('(VARCHAR pattern, VARCHAR input): ARRAY<VARCHAR>', withPattern(extractAll, 0)),
    typedOverload('(VARCHAR pattern, VARCHAR input, INT group): ARRAY<VARCHAR>', withPattern(extractAll, 0)),
  ]),
  scalar('regexp_replace', 'REGULAR EXPRESSION', 'The text with every match of a pattern replaced.', [
    typedOverload('(VARCHAR str, VARCHAR regexp, VARCHAR newStr): VARCHAR', withPattern(replaceAll, 1)),
  ]),
  scalar('regexp_split_to_array', 'REGULAR EXPRESSION', 'The parts between matches of a pattern.', [
    typedOverload('(VARCHAR string, VARCHAR regexp): ARRAY<VARCHAR>', withPattern(split, 1)),
  ]),
]
