/** A message with the line it is about and a caret under the place; both counted from 1. */
export function pointed(
  message: string,
  script: string,
  { line, column }: { readonly line: number; readonly column: number },
): string {
  const text = script.split('\n')[line - 1]
  return text === undefined ? message : `${message}\n\n  ${text}\n  ${' '.repeat(Math.max(column - 1, 0))}^`
}
