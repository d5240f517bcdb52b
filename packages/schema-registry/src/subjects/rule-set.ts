/** Data contracts: rules that clients run. The registry stores and checks them. */
import type { JsonValue } from '../json/json-value.ts'
import { printJson } from '../json/print-json.ts'
import { invalidRuleSet } from './registry-error.ts'

export interface Rule {
  readonly name: string | null
  readonly doc: string | null
  readonly kind: string | null
  readonly mode: string | null
  readonly type: string | null
  readonly tags: readonly string[]
  readonly params: ReadonlyMap<string, string>
  readonly expr: string | null
  readonly onSuccess: string | null
  readonly onFailure: string | null
  readonly disabled: boolean
}

export interface RuleSet {
  readonly migrationRules: readonly Rule[]
  readonly domainRules: readonly Rule[]
  readonly encodingRules: readonly Rule[]
  readonly enableAt: string | null
}

export const RULE_KINDS = ['TRANSFORM', 'CONDITION'] as const
const MIGRATION_MODES: ReadonlySet<string> = new Set(['UPGRADE', 'DOWNGRADE', 'UPDOWN'])
const DOMAIN_MODES: ReadonlySet<string> = new Set(['WRITE', 'READ', 'WRITEREAD'])
export const RULE_MODES: ReadonlySet<string> = new Set([...MIGRATION_MODES, ...DOMAIN_MODES])
const MAX_RULE_NAME_LENGTH = 64

/** In the order of identity and of execution. */
export function rulesOf(ruleSet: RuleSet): readonly Rule[] {
  return [...ruleSet.migrationRules, ...ruleSet.domainRules, ...ruleSet.encodingRules]
}

/** Throws code 42210. */
export function checkRuleSet(ruleSet: RuleSet): void {
  const names = new Set<string>()
  checkRules(ruleSet.migrationRules, MIGRATION_MODES, names)
  checkRules(ruleSet.domainRules, DOMAIN_MODES, names)
  checkRules(ruleSet.encodingRules, DOMAIN_MODES, names)
}

function checkRules(rules: readonly Rule[], modes: ReadonlySet<string>, names: Set<string>): void {
  for (const rule of rules) {
    const name = rule.name ?? ''
    if (!/^[\p{L}_][\p{L}\p{Nd}_-]*$/u.test(name) || name.length > MAX_RULE_NAME_LENGTH)
      throw invalidRuleSet(`rule name '${name}' is not valid`)
    if (names.has(name)) throw invalidRuleSet(`Found rule with duplicate name '${name}'`)
    names.add(name)
    if (rule.type === null || rule.type === '') throw invalidRuleSet(`rule '${name}' has no type`)
    if (rule.mode === null || !modes.has(rule.mode))
      throw invalidRuleSet(`rule '${name}' has mode ${rule.mode}, which is not one of ${[...modes].join(', ')}`)
  }
}

/** Rules of `upper` replace those of `lower` with the same name. */
export function mergeRuleSets(lower: RuleSet | null, upper: RuleSet | null): RuleSet | null {
  if (lower === null || upper === null) return upper ?? lower
  return {
    migrationRules: mergeRules(lower.migrationRules, upper.migrationRules),
    domainRules: mergeRules(lower.domainRules, upper.domainRules),
    encodingRules: mergeRules(lower.encodingRules, upper.encodingRules),
    enableAt: upper.enableAt ?? lower.enableAt,
  }
}

function mergeRules(lower: readonly Rule[], upper: readonly Rule[]): readonly Rule[] {
  const replaced = new Set(upper.map(rule => rule.name))
  return [...lower.filter(rule => !replaced.has(rule.name)), ...upper]
}

export function sameRuleSet(left: RuleSet | null, right: RuleSet | null): boolean {
  return left === right || printJson(left && ruleSetJson(left)) === printJson(right && ruleSetJson(right))
}

export function ruleSetJson(ruleSet: RuleSet): JsonValue {
  const json = new Map<string, JsonValue>()
  for (const list of ['migrationRules', 'domainRules', 'encodingRules'] as const)
    if (ruleSet[list].length > 0) json.set(list, ruleSet[list].map(ruleJson))
  if (ruleSet.enableAt !== null) json.set('enableAt', ruleSet.enableAt)
  return json
}

function ruleJson(rule: Rule): JsonValue {
  const json = new Map<string, JsonValue>()
  for (const name of ['name', 'doc', 'kind', 'mode', 'type'] as const)
    if (rule[name] !== null) json.set(name, rule[name])
  if (rule.tags.length > 0) json.set('tags', rule.tags)
  if (rule.params.size > 0) json.set('params', rule.params)
  for (const name of ['expr', 'onSuccess', 'onFailure'] as const) if (rule[name] !== null) json.set(name, rule[name])
  json.set('disabled', rule.disabled)
  return json
}
