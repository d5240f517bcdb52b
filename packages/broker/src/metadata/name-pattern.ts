/** Patterns from clients: RE2 syntax, matched in time that grows with the length of the name only. */
import { ErrorCode, KafkaError } from '@millrace/protocol'
import { RE2JS, RE2JSSyntaxException } from 're2js'

/** Compiling costs memory; Kafka has no bound but that of the request. */
const MAX_PATTERN_LENGTH = 10_000

/**
 * The whole name has to match. Throws {@link KafkaError} INVALID_REGULAR_EXPRESSION, which names `field`, where the pattern
 * comes from.
 */
export function compileNamePattern(pattern: string, field: string): (name: string) => boolean {
  if (pattern.length > MAX_PATTERN_LENGTH)
    throw new KafkaError(ErrorCode.INVALID_REGULAR_EXPRESSION, `a pattern of ${pattern.length} characters is too long`)
  try {
    const compiled = RE2JS.compile(pattern)
    return name => compiled.matches(name)
  } catch (error) {
    if (!(error instanceof RE2JSSyntaxException)) throw error
    throw new KafkaError(
      ErrorCode.INVALID_REGULAR_EXPRESSION,
      `${field} \`${pattern}\` is not a valid regular expression: ${error.getDescription()}`,
    )
  }
}
