import { EvaluationError } from '../expressions/compiled.ts'
import type { SqlArray, SqlMap, SqlValue } from '../types/sql-value.ts'
import { type LambdaValue, overload, type ScalarFunction, scalar } from './scalar-function.ts'

/** A condition that is NULL fails the call. */
function holds(result: SqlValue): boolean {
  if (result === null) throw new EvaluationError('FILTER: the lambda gave NULL')
  return result as boolean
}

function transformMap(map: SqlMap, toKey: LambdaValue, toValue: LambdaValue): SqlMap {
  const result = new Map<SqlValue, SqlValue>()
  for (const [key, value] of map) {
    const [newKey, newValue] = [toKey(key, value), toValue(key, value)]
    if (newKey === null || newValue === null) throw new EvaluationError('TRANSFORM: NULL in a new entry of a map')
    if (result.has(newKey)) throw new EvaluationError(`TRANSFORM: two entries have the new key ${newKey}`)
    result.set(newKey, newValue)
  }
  return result
}

/** Of a NULL collection it is the initial state, and with a NULL initial state it is NULL. */
function reduce<C>(fold: (collection: C, state: SqlValue, step: LambdaValue) => SqlValue) {
  return (collection: C | null, initial: SqlValue, step: LambdaValue) =>
    initial === null || collection === null ? initial : fold(collection, initial, step)
}

export const lambdaFunctions: readonly ScalarFunction[] = [
  scalar('filter', 'LAMBDA', 'The elements or entries for which a condition holds.', [
    overload('(ARRAY<T> array, LAMBDA (T) => BOOLEAN function): ARRAY<T>', (array: SqlArray, test: LambdaValue) =>
      array.filter(element => holds(test(element))),
    ),
    overload('(MAP<K, V> map, LAMBDA (K, V) => BOOLEAN biFunction): MAP<K, V>', (map: SqlMap, test: LambdaValue) => {
      return new Map([...map].filter(([key, value]) => holds(test(key, value))))
    }),
  ]),
  scalar('reduce', 'LAMBDA', 'Folds the elements or entries into a state.', [
    overload(
      '(ARRAY<T> list, S initialState, LAMBDA (S, T) => S biFunction): S',
      reduce((array: SqlArray, initial, step) => array.reduce((state, element) => step(state, element), initial)),
      { takesNulls: true },
    ),
    overload(
      '(MAP<K, V> map, S initialState, LAMBDA (S, K, V) => S triFunction): S',
      reduce((map: SqlMap, initial, step) =>
        [...map].reduce((state, [key, value]) => step(state, key, value), initial),
      ),
      { takesNulls: true },
    ),
  ]),
  scalar('transform', 'LAMBDA', 'Each element or entry replaced by what lambdas make of it.', [
    overload('(ARRAY<T> array, LAMBDA (T) => R function): ARRAY<R>', (array: SqlArray, toElement: LambdaValue) =>
      array.map(element => toElement(element)),
    ),
    overload(
      '(MAP<K, V> map, LAMBDA (K, V) => R biFunction1, LAMBDA (K, V) => T biFunction2): MAP<R, T>',
      transformMap,
    ),
  ]),
]
