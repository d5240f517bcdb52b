/** Patterns of subscriptions: RE2 syntax, matched in time that grows with the length of the name only. Source: KIP-848. */
import { ErrorCode, KafkaError } from '@millrace/protocol'
import { RE2JS, RE2JSSyntaxException } from 're2js'

/**
 * Bound of {@link TopicPattern.cost}. Kafka has none but that of the request; a pattern of ten thousand characters may
 * take seconds for one name.
 */
const MAX_COST = 20_000

export interface TopicPattern {
  /** The whole name has to match. */
  matches(topicName: string): boolean
  /** How large it may be once compiled, which is what a match costs: its length times all of its repeat counts. */
  readonly cost: number
}

/** Throws {@link KafkaError} INVALID_REGULAR_EXPRESSION. */
export function compileTopicPattern(pattern: string): TopicPattern {
  const cost = costOf(pattern)
  if (cost > MAX_COST)
    throw new KafkaError(ErrorCode.INVALID_REGULAR_EXPRESSION, `SubscribedTopicRegex is too large: ${cost} steps`)
  try {
    const compiled = RE2JS.compile(pattern)
    return { cost, matches: topicName => compiled.matches(topicName) }
  } catch (error) {
    if (!(error instanceof RE2JSSyntaxException)) throw error
    throw new KafkaError(
      ErrorCode.INVALID_REGULAR_EXPRESSION,
      `SubscribedTopicRegex \`${pattern}\` is not a valid regular expression: ${error.getDescription()}`,
    )
  }
}

/** `x{2,5}` is compiled as five x, and so on for those within each other. */
function costOf(pattern: string): number {
  let cost = pattern.length
  for (const [, least = '1', most = ''] of pattern.matchAll(/\{(\d+)(?:,(\d*))?\}/g))
    cost *= Math.max(Number(least), Number(most), 1)
  return cost
}
