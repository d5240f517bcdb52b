/** `${name}` in statements. A name without a value stays as it is; names match in any case, as identifiers do. */
export function substituteVariables(sql: string, variables: ReadonlyMap<string, string>): string {
  if (variables.size === 0) return sql
  const byName = new Map([...variables].map(([name, value]) => [name.toLowerCase(), value]))
  return sql.replace(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (text, name: string) => byName.get(name.toLowerCase()) ?? text)
}
