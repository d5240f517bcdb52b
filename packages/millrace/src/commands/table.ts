/** Rows as aligned columns under their names; numbers to the right. */
export function table(names: readonly string[], rows: readonly (readonly unknown[])[]): string {
  const texts = rows.map(row => row.map(cellText))
  const widths = names.map((name, column) => Math.max(name.length, ...texts.map(row => row[column]?.length ?? 0)))
  const numeric = names.map((_, column) => rows.length > 0 && rows.every(row => typeof row[column] === 'number'))
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => (numeric[column] ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)))
      .join('  ')
      .trimEnd()
  return [line(names), line(widths.map(width => '─'.repeat(width))), ...texts.map(line)].join('\n')
}

export function cellText(value: unknown): string {
  if (value === null || value === undefined) return '–'
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
