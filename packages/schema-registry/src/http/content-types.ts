/** Media types of the registry, preferred first, and their choice by `Accept` (RFC 9110 §12.5.1). */
export const ANSWER_TYPES = [
  'application/vnd.schemaregistry.v1+json',
  'application/vnd.schemaregistry+json',
  'application/json',
] as const
export type AnswerType = (typeof ANSWER_TYPES)[number]
export const PREFERRED_TYPE: AnswerType = ANSWER_TYPES[0]

const BODY_TYPES: ReadonlySet<string> = new Set([...ANSWER_TYPES, 'application/octet-stream'])
/** What the server itself would rather send, among types that a client likes equally. */
const SERVER_QUALITIES: Record<AnswerType, number> = {
  'application/vnd.schemaregistry.v1+json': 1,
  'application/vnd.schemaregistry+json': 0.9,
  'application/json': 0.5,
}

/** Undefined when the client takes none of ours. */
export function chooseAnswerType(accept: string | null): AnswerType | undefined {
  if (accept === null || accept.trim() === '') return PREFERRED_TYPE
  const ranges = accept.split(',').map(parseRange)
  let best: { type: AnswerType; clientQuality: number; serverQuality: number } | undefined
  for (const type of ANSWER_TYPES) {
    const matching = ranges.filter(range => matches(range.range, type))
    const specific = matching.sort((left, right) => specificity(right.range) - specificity(left.range))[0]
    const clientQuality = specific?.quality ?? 0
    const serverQuality = SERVER_QUALITIES[type]
    if (clientQuality === 0) continue
    const isBetter =
      best === undefined ||
      clientQuality > best.clientQuality ||
      (clientQuality === best.clientQuality && serverQuality > best.serverQuality)
    if (isBetter) best = { type, clientQuality, serverQuality }
  }
  return best?.type
}

/** No content type at all counts as bytes, which are read as JSON. */
export function isBodyType(contentType: string | null): boolean {
  return contentType === null || BODY_TYPES.has(mediaTypeOf(contentType))
}

function mediaTypeOf(headerValue: string): string {
  return (headerValue.split(';')[0] ?? '').trim().toLowerCase()
}

function parseRange(text: string): { range: string; quality: number } {
  const quality = /;\s*q=([\d.]+)/i.exec(text)?.[1]
  return { range: mediaTypeOf(text), quality: quality === undefined ? 1 : Number(quality) || 0 }
}

function matches(range: string, type: string): boolean {
  return range === type || range === '*/*' || range === 'application/*'
}

function specificity(range: string): number {
  return range === '*/*' ? 0 : range.endsWith('/*') ? 1 : 2
}
