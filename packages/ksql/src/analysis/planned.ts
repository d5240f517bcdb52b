import type { Expression, SourceKind } from '../ast/nodes.ts'
import type { Catalog } from '../catalog/catalog.ts'
import type { FormatInfo, WindowInfo } from '../catalog/data-source.ts'
import type { FunctionRegistry } from '../functions/function-registry.ts'
import type { Step } from '../plan/steps.ts'

/** What the analysis of a query looks things up in. */
export interface AnalysisContext {
  readonly catalog: Catalog
  readonly functions: FunctionRegistry
}

/** A query under construction: the steps so far, and which expression each key column stands for. */
export interface Planned {
  readonly step: Step
  readonly type: SourceKind
  readonly keyFormat: FormatInfo
  readonly valueFormat: FormatInfo
  readonly window: WindowInfo | null
  readonly key: readonly KeyColumn[]
}

export interface KeyColumn {
  /** In rows, and as the value's copy of it. */
  readonly name: string
  /** Any of these in the select list means this key column. */
  readonly expressions: readonly Expression[]
  /** For messages: how the statement could write it. */
  readonly text: readonly string[]
}

/** Why the key is what it is: the words of the message when the select list lacks it. */
export type KeyOrigin = 'key column' | 'partitioning expression' | 'grouping expression' | 'join expression'
