/** URL_*: texts are taken apart as java.net.URI does (RFC 2396 with IPv6 and other characters); what is no URI fails. */
import { EvaluationError } from '../expressions/compiled.ts'
import type { SqlValue } from '../types/sql-value.ts'
import { overload, type ScalarFunction, scalar } from './scalar-function.ts'

/** Decoded. Null where the URI has no such part. */
interface Uri {
  readonly scheme: string | null
  readonly host: string | null
  readonly port: number | null
  readonly path: string | null
  readonly query: string | null
  readonly fragment: string | null
}

const PARTS = /^(?:([^:/?#]+):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s
/** ASCII characters that may stand in a URI, `%` only before two hex digits; beyond ASCII no spaces or controls. */
const LEGAL = /^(?:[A-Za-z0-9\-_.!~*'();/?:@&=+$,#[\]]|%[0-9A-Fa-f]{2}|[^\0-\xa0\p{Z}\p{C}])*$/u
const SCHEME = /^[A-Za-z][A-Za-z0-9+.-]*$/
const SERVER =
  /^(?:[^@]*@)?((?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)*[A-Za-z](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.?|\d{1,3}(?:\.\d{1,3}){3}|\[[0-9A-Fa-f:.]+(?:%[^\]]*)?\])(?::(\d*))?$/

function parseUri(text: string): Uri {
  const match = LEGAL.test(text) ? PARTS.exec(text) : null
  if (match === null || (match[1] !== undefined && !SCHEME.test(match[1])))
    throw new EvaluationError(`URL input has invalid syntax: ${text}`)
  const [, scheme = null, authority, path = '', query, fragment] = match
  // `mailto:someone?x` is opaque: everything after the scheme is one part.
  const opaque = scheme !== null && authority === undefined && !path.startsWith('/')
  if (opaque && path === '' && query === undefined) throw new EvaluationError(`URL input has invalid syntax: ${text}`)
  const server = authority === undefined ? null : SERVER.exec(authority)
  return {
    scheme,
    host: server?.[1] ?? null,
    port: server?.[2] ? Number(server[2]) : null,
    path: opaque ? null : decoded(path),
    query: opaque || query === undefined ? null : decoded(query),
    fragment: fragment === undefined ? null : decoded(fragment),
  }
}
/** Bytes that are no UTF-8 become U+FFFD. */
function decoded(text: string): string {
  return text.replace(/(?:%[0-9A-Fa-f]{2})+/g, bytes => Buffer.from(bytes.replaceAll('%', ''), 'hex').toString())
}

function extract(name: string, description: string, type: string, part: (uri: Uri) => SqlValue): ScalarFunction {
  return scalar(name, 'URL', description, [
    overload(`(VARCHAR input): ${type}`, (text: string) => part(parseUri(text))),
  ])
}

function parameter(text: string, wanted: string): string | null {
  for (const pair of parseUri(text).query?.split('&') ?? []) {
    const at = pair.indexOf('=')
    if ((at < 0 ? pair : pair.slice(0, at)) === wanted) return at < 0 ? '' : pair.slice(at + 1)
  }
  return null
}

/** As HTML forms: `+` for a space. */
function encodeParameter(text: string): string {
  return encodeURIComponent(text)
    .replace(/[!'()~]/g, character => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+')
}
function decodeParameter(text: string): string {
  if (/%(?![0-9A-Fa-f]{2})/.test(text)) throw new EvaluationError(`malformed escape in '${text}'`)
  return decoded(text.replaceAll('+', ' '))
}

export const urlFunctions: readonly ScalarFunction[] = [
  scalar('url_decode_param', 'URL', 'The value that a parameter of a URL stands for.', [
    overload('(VARCHAR input): VARCHAR', decodeParameter),
  ]),
  scalar('url_encode_param', 'URL', 'A value as a parameter of a URL.', [
    overload('(VARCHAR input): VARCHAR', encodeParameter),
  ]),
  extract('url_extract_fragment', 'What follows the # of a URL.', 'VARCHAR', uri => uri.fragment),
  extract('url_extract_host', 'The host of a URL.', 'VARCHAR', uri => uri.host),
  scalar('url_extract_parameter', 'URL', 'The value of a parameter in the query of a URL.', [
    overload('(VARCHAR input, VARCHAR paramToFind): VARCHAR', parameter),
  ]),
  extract('url_extract_path', 'The path of a URL.', 'VARCHAR', uri => uri.path),
  extract('url_extract_port', 'The port of a URL, if it names one.', 'INT', uri => uri.port),
  extract('url_extract_protocol', 'The scheme of a URL.', 'VARCHAR', uri => uri.scheme),
  extract('url_extract_query', 'The query of a URL.', 'VARCHAR', uri => uri.query),
]
