/** hex, utf8, ascii and base64, as ENCODE, TO_BYTES and FROM_BYTES name them. */
import { EvaluationError } from '../expressions/compiled.ts'

export type TextEncoding = 'hex' | 'utf8' | 'ascii' | 'base64'
const ENCODINGS: readonly string[] = ['hex', 'utf8', 'ascii', 'base64'] satisfies readonly TextEncoding[]

export function textEncoding(name: string): TextEncoding {
  const lower = name.toLowerCase()
  if (!ENCODINGS.includes(lower))
    throw new EvaluationError(
      `Unknown encoding type '${name}'. Supported formats are 'hex', 'utf8', 'ascii', and 'base64'.`,
    )
  return lower as TextEncoding
}

/** Hex in lower case. Bytes that are no ASCII, or no UTF-8, become U+FFFD. */
export function textOfBytes(bytes: Buffer, encoding: TextEncoding): string {
  if (encoding !== 'ascii') return bytes.toString(encoding)
  return bytes.toString('latin1').replace(/[\x80-\xff]/g, '\ufffd')
}

/** What is no ASCII becomes `?`. Throws for what is no hex or base64. */
export function bytesOfText(text: string, encoding: TextEncoding): Buffer {
  switch (encoding) {
    case 'hex':
      if (!/^(?:[0-9a-fA-F]{2})*$/.test(text)) throw new EvaluationError(`not hex: '${text.slice(0, 64)}'`)
      return Buffer.from(text, 'hex')
    case 'base64':
      if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text)) throw new EvaluationError(`not base64: '${text.slice(0, 64)}'`)
      return Buffer.from(text, 'base64')
    case 'utf8':
      return Buffer.from(text, 'utf8')
    case 'ascii':
      return Buffer.from(text.replace(/[\ud800-\udbff][\udc00-\udfff]|[^\0-\x7f]/g, '?'), 'latin1')
  }
}
