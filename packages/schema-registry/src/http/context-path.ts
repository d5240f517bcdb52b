/** `/contexts/{context}/…` is another way to write the same paths with qualified subjects. */
import { DEFAULT_CONTEXT, printSubject } from '../subjects/qualified-subject.ts'
import { HttpError } from './api.ts'

/** `.eu`, `eu` and `:.eu:` are one context. Throws {@link HttpError} 400 for a colon inside. */
export function readContext(text: string): string {
  const bare = text.replace(/^:/, '').replace(/:$/, '')
  if (bare.includes(':')) throw new HttpError(400, `the context '${text}' contains a colon`)
  if (bare === '' || bare === DEFAULT_CONTEXT) return DEFAULT_CONTEXT
  return bare.startsWith('.') ? bare : `.${bare}`
}

const WITH_SUBJECT: ReadonlySet<string> = new Set(['subjects', 'config', 'mode'])

/** The URL without the context in its path. `segments` follow the context, as they were sent. */
export function withoutContextPath(url: URL, context: string, segments: readonly string[]): URL {
  const rewritten = new URL(url)
  const qualify = (subject: string): string =>
    subject.startsWith(':.') ? subject : printSubject({ context, name: subject })
  const place = segments.findIndex(segment => WITH_SUBJECT.has(segment))
  const subject = segments[place + 1]
  const path = [...segments]
  if (segments[0] === 'schemas' || (place === 0 && segments[0] === 'subjects' && subject === undefined)) {
    const parameter = segments[1] === 'ids' ? 'subject' : 'subjectPrefix'
    rewritten.searchParams.set(parameter, qualify(rewritten.searchParams.get(parameter) ?? ''))
  } else if (place >= 0 && context !== DEFAULT_CONTEXT)
    path[place + 1] = encodeURIComponent(qualify(decodeURIComponent(subject ?? '')))
  rewritten.pathname = `/${path.join('/')}`
  return rewritten
}
