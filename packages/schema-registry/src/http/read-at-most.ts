/** The whole body; null, and no more is read, as soon as more than `maxBytes` have come. */
export async function readAtMost({ body }: Request | Response, maxBytes: number): Promise<Buffer | null> {
  const chunks: Uint8Array[] = []
  let sizeBytes = 0
  for await (const chunk of body ?? []) {
    sizeBytes += chunk.length
    if (sizeBytes > maxBytes) return null
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
