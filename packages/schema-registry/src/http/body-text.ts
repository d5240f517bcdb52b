import { HttpError } from './api.ts'
import { readAtMost } from './read-at-most.ts'

/** The body as UTF-8. Rejects with {@link HttpError} 413 as soon as more than `maxBytes` have come, 400 for bad UTF-8. */
export async function readBodyText(request: Request, maxBytes: number): Promise<string> {
  if (Number(request.headers.get('content-length') ?? 0) > maxBytes) throw tooLarge(maxBytes)
  const bytes = await readAtMost(request, maxBytes)
  if (bytes === null) throw tooLarge(maxBytes)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    throw new HttpError(400, 'the body is not UTF-8', { cause: error })
  }
}

function tooLarge(maxBytes: number): HttpError {
  return new HttpError(413, `the body is larger than ${maxBytes} bytes`)
}
