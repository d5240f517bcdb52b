/** All functions of the language. */
import type { Clock, Random } from '@millrace/platform'
import { attr } from './aggregates/attr.ts'
import { average } from './aggregates/average.ts'
import { collectList, collectSet } from './aggregates/collect.ts'
import { count } from './aggregates/count.ts'
import { countDistinct } from './aggregates/count-distinct.ts'
import { histogram } from './aggregates/histogram.ts'
import { max, min } from './aggregates/min-max.ts'
import { earliestByOffset, latestByOffset, type Sequence } from './aggregates/offsets.ts'
import { correlation, stddevSamp, stddevSample } from './aggregates/statistics.ts'
import { sum, sumList } from './aggregates/sum.ts'
import { topk, topkDistinct } from './aggregates/topk.ts'
import { arrayFunctions } from './arrays.ts'
import { conversionFunctions } from './conversions.ts'
import { dateFunctions } from './dates.ts'
import { FunctionRegistry } from './function-registry.ts'
import { geoFunctions } from './geo.ts'
import { jsonFunctions } from './json.ts'
import { lambdaFunctions } from './lambdas.ts'
import { mapFunctions } from './maps.ts'
import { maskFunctions } from './masks.ts'
import { mathFunctions } from './math.ts'
import { nullFunctions } from './nulls.ts'
import { regularExpressionFunctions } from './regular-expressions.ts'
import { stringFunctions } from './strings.ts'
import { cubeExplode, explode } from './tables.ts'
import { urlFunctions } from './urls.ts'

export interface BuiltInOptions {
  readonly clock: Clock
  readonly random: Random
  /** `ksql.functions.collect_list.limit`: how many elements COLLECT_LIST keeps; without it all. */
  readonly collectListLimit?: number
  /** `ksql.functions.collect_set.limit`, likewise. */
  readonly collectSetLimit?: number
}

export function builtInFunctions(options: BuiltInOptions): FunctionRegistry {
  const { clock, random } = options
  const next = sequenceFrom(clock)
  return new FunctionRegistry(
    [
      ...arrayFunctions,
      ...conversionFunctions,
      ...dateFunctions(clock),
      ...geoFunctions,
      ...jsonFunctions,
      ...lambdaFunctions,
      ...mapFunctions,
      ...maskFunctions,
      ...mathFunctions(random),
      ...nullFunctions,
      ...regularExpressionFunctions,
      ...stringFunctions(random),
      ...urlFunctions,
    ],
    [
      attr,
      average,
      collectList(options.collectListLimit ?? Number.POSITIVE_INFINITY),
      collectSet(options.collectSetLimit ?? Number.POSITIVE_INFINITY),
      correlation,
      count,
      countDistinct,
      earliestByOffset(next),
      histogram,
      latestByOffset(next),
      max,
      min,
      stddevSamp,
      stddevSample,
      sum,
      sumList,
      topk,
      topkDistinct,
    ],
    [explode, cubeExplode],
  )
}

/** Numbers per millisecond that the sequence may use up without overtaking the clock. */
const NUMBERS_PER_MS = 1000
/** Starts at the clock, so that numbers after a restart are greater than those in stored state. */
function sequenceFrom(clock: Clock): Sequence {
  let last = 0
  return () => {
    last = last === 0 ? clock.nowMs() * NUMBERS_PER_MS : last + 1
    return last
  }
}
