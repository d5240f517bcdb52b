/** Which settings hold for a subject: its own, its context's, those for all contexts, the server's. */
import type { CompatibilityLevel, Config } from './config.ts'
import { DEFAULT_MODE, type Mode } from './mode.ts'
import { DEFAULT_CONTEXT, GLOBAL_CONTEXT, isContext, parseSubject } from './qualified-subject.ts'
import type { RegistryState } from './registry-state.ts'

const ALL_CONTEXTS_SCOPE = `:${GLOBAL_CONTEXT}:`

/** From the narrowest to the widest. Null is the default context. */
function scopesOf(subject: string | null): readonly (string | null)[] {
  const context = subject === null ? DEFAULT_CONTEXT : parseSubject(subject).context
  const wider = [context === DEFAULT_CONTEXT ? null : `:${context}:`, ALL_CONTEXTS_SCOPE]
  return subject === null || isContext(subject) ? wider : [subject, ...wider]
}

/** A subject with settings of its own and no level has the default level; the rest comes from the wider scope. */
export function configInScope(
  state: RegistryState,
  subject: string | null,
): Config & { compatibilityLevel: CompatibilityLevel } {
  const [narrowest, wider] = scopesOf(subject)
    .map(scope => state.ownConfig(scope))
    .filter(config => config !== undefined)
  return {
    ...wider,
    ...narrowest,
    compatibilityLevel: narrowest?.compatibilityLevel ?? state.defaultCompatibilityLevel,
  }
}

export function modeInScope(state: RegistryState, subject: string | null): Mode {
  for (const scope of scopesOf(subject)) {
    const mode = state.ownMode(scope)
    if (mode !== undefined) return mode
  }
  return DEFAULT_MODE
}
