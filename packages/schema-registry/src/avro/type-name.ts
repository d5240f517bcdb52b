import { AvroSchemaError } from './schema-error.ts'

/** How strictly names are judged: `strict` for new schemas, `unicode` for what a store may hold already. */
export type NameRule = 'strict' | 'unicode'

const SIMPLE_NAME: Record<NameRule, RegExp> = {
  strict: /^[A-Za-z_][A-Za-z0-9_]*$/,
  unicode: /^[\p{L}_][\p{L}\p{Nd}_]*$/u,
}

/** Name of a record, enum or fixed. The full name is its identity. */
export class TypeName {
  readonly fullName: string

  private constructor(
    readonly simpleName: string,
    /** Null for none; never empty. */
    readonly namespace: string | null,
  ) {
    this.fullName = namespace === null ? simpleName : `${namespace}.${simpleName}`
  }

  /** A dotted name brings its own namespace; otherwise `namespace` holds, where null and empty both mean none. */
  static of(name: string, namespace: string | null): TypeName {
    const lastDot = name.lastIndexOf('.')
    const own = lastDot < 0 ? namespace : name.slice(0, lastDot)
    return new TypeName(name.slice(lastDot + 1), own === '' ? null : own)
  }

  /** As it is written where `namespace` is the enclosing one. A type called like a primitive needs its full name. */
  relativeTo(namespace: string | null): string {
    return this.namespace === namespace && !TYPE_WORDS.has(this.simpleName) ? this.simpleName : this.fullName
  }
}

/** Throws {@link AvroSchemaError} for a name that Avro does not allow. */
export function checkName(name: string, rule: NameRule): void {
  if (!SIMPLE_NAME[rule].test(name)) throw new AvroSchemaError(`illegal name ${JSON.stringify(name)}`)
}

export function checkTypeName(name: TypeName, rule: NameRule): void {
  checkName(name.simpleName, rule)
  // Namespaces of stored schemas are not looked at: older registries took any.
  if (rule === 'strict') for (const part of name.namespace?.split('.') ?? []) checkName(part, rule)
}

const TYPE_WORDS: ReadonlySet<string> = new Set(
  'null boolean int long float double bytes string record enum array map union fixed'.split(' '),
)
