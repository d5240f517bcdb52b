/**
 * A wire message is data. The encoder, the decoder, the TypeScript types, the version table and the test generators all
 * derive from one declaration, in which a version is a word on a field and never a second file.
 * Source: apache/kafka `clients/src/main/resources/common/message/README.md`, KIP-482 (flexible versions, tagged fields).
 */
import { parseVersions, type VersionNotation, type VersionRange } from './version-range.ts'

export type PrimitiveKind =
  | 'bool'
  | 'int8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'bigint64'
  | 'float64'
  | 'string'
  | 'bytes'
  | 'uuid'
  | 'uvarint'
  | 'records'

/** `Out` is what decoding gives, `In` what encoding takes: there, fields with a default may be left out. */
export interface WireType<Out, In = Out> {
  readonly shape: WireShape
  /** Never present; carries the types. */
  readonly types?: { readonly out: Out; readonly in: In }
}

export type WireShape =
  | { readonly kind: PrimitiveKind }
  | { readonly kind: 'array'; readonly of: WireShape }
  | { readonly kind: 'struct'; readonly fields: Fields }
  | { readonly kind: 'nullable'; readonly of: WireShape; readonly versions: VersionRange }

export interface Field {
  readonly type: WireType<unknown>
  /** Versions of the message that have the field. */
  readonly versions: VersionNotation
  readonly about?: string
  /** Stands in when a version lacks the field and when the caller leaves it out. Absent: zero, '', [], null if nullable. */
  readonly default?: unknown
  /** KIP-482 tagged field: its number, and the versions in which it travels as one (all of its versions by default). */
  readonly tag?: number
  readonly tagged?: VersionNotation
  /** True when a version without the field may drop a value that is not the default; otherwise encoding it throws. */
  readonly ignorable?: boolean
  /** `none` keeps the old encoding inside a flexible message (client id in the request header). */
  readonly flexible?: 'none'
  /** Part of the key by which Kafka's generated collections look elements up. No effect on the wire. */
  readonly mapKey?: boolean
}

export type Fields = Readonly<Record<string, Field>>

type OutOf<F> = F extends { readonly type: WireType<infer Out, infer _In> } ? Out : never
type InOf<F> = F extends { readonly type: WireType<infer _Out, infer In> } ? In : never
type Flatten<T> = { [K in keyof T]: T[K] }
type Optional<F extends Fields> = { [K in keyof F]: F[K] extends { readonly default: unknown } ? K : never }[keyof F]

export type StructOut<F extends Fields> = { -readonly [K in keyof F]: OutOf<F[K]> }
export type StructIn<F extends Fields> = Flatten<
  { readonly [K in Exclude<keyof F, Optional<F>>]: InOf<F[K]> } & {
    readonly [K in Optional<F>]?: InOf<F[K]> | undefined
  }
>

function primitive<T, In = T>(kind: PrimitiveKind): WireType<T, In> {
  return { shape: { kind } }
}

export const bool = primitive<boolean>('bool')
export const int8 = primitive<number>('int8')
export const int16 = primitive<number>('int16')
export const uint16 = primitive<number>('uint16')
export const int32 = primitive<number>('int32')
export const uint32 = primitive<number>('uint32')
/** A `number`: exact within ±(2^53−1); encoding saturates at ±2^63, so that Long.MAX and Long.MIN survive a round trip. */
export const int64 = primitive<number>('int64')
/** An int64 whose 64 bits all mean something, as in a hash. */
export const bigint64 = primitive<bigint>('bigint64')
export const float64 = primitive<number>('float64')
export const string = primitive<string>('string')
/** Decoded as a view of the frame: copy what outlives it. */
export const bytes = primitive<Buffer, Uint8Array>('bytes')
/** Unsigned, 1 to 5 bytes, 7 bits each, lowest first; up to 2^32−1. */
export const uvarint = primitive<number>('uvarint')
/** Kafka's text form: 22 characters of base64url; {@link ZERO_UUID} stands for "none". */
export const uuid = primitive<string>('uuid')
/** Record batches as they travel. Decoded as a view of the frame; encoded from one or several chunks, not copied. */
export const records = primitive<Buffer | null, Uint8Array | readonly Uint8Array[] | null>('records')

export const ZERO_UUID = 'AAAAAAAAAAAAAAAAAAAAAA'

export function array<Out, In>(of: WireType<Out, In>): WireType<Out[], readonly In[]> {
  return { shape: { kind: 'array', of: of.shape } }
}
/** `versions`: those in which null is allowed; in others a null throws on encoding and on decoding. */
export function nullable<Out, In>(
  of: WireType<Out, In>,
  versions: VersionNotation = '0+',
): WireType<Out | null, In | null> {
  return { shape: { kind: 'nullable', of: of.shape, versions: parseVersions(versions) } }
}
export function struct<const F extends Fields>(fields: F): WireType<StructOut<F>, StructIn<F>> {
  return { shape: { kind: 'struct', fields } }
}
export const nullableString = nullable(string)

export interface MessageSpec<F extends Fields> {
  readonly name: string
  /** The number that frames name the message by: API key, or the type of a coordinator or metadata record. */
  readonly apiKey?: number
  readonly versions: VersionNotation
  /** Versions in KIP-482's encoding: compact lengths, tagged fields. */
  readonly flexible: VersionNotation
  readonly fields: F
}

export interface Message<Out = unknown, In = Out> extends WireType<Out, In> {
  readonly name: string
  readonly apiKey: number
  readonly versions: VersionRange
  readonly flexibleVersions: VersionRange
  readonly fields: Fields
}

export type ValueOf<M> = M extends WireType<infer Out, infer _In> ? Out : never
export type InputOf<M> = M extends WireType<infer _Out, infer In> ? In : never

/** Declares a message. `apiKey` is −1 for data that no frame names by a number. */
export function message<const F extends Fields>(spec: MessageSpec<F>): Message<StructOut<F>, StructIn<F>> {
  return {
    name: spec.name,
    apiKey: spec.apiKey ?? -1,
    versions: parseVersions(spec.versions),
    flexibleVersions: parseVersions(spec.flexible),
    fields: spec.fields,
    shape: { kind: 'struct', fields: spec.fields },
  }
}
