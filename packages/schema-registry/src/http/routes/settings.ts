import { configJson } from '../../subjects/config.ts'
import { readText } from '../../subjects/read-model.ts'
import { deleteConfig, deleteMode, getConfig, getMode, putConfig, putMode } from '../../subjects/settings.ts'
import { type ApiRequest, flag, type Route, scopeOf } from '../api.ts'

type ScopeReader = (request: ApiRequest) => string | null

function configRoutes(path: string, scope: ScopeReader): readonly Route[] {
  return [
    {
      method: 'GET',
      path,
      handle(request) {
        const config = request.registry.read(state =>
          getConfig(state, scope(request), flag(request, 'defaultToGlobal')),
        )
        return { json: configJson(config, 'compatibilityLevel') }
      },
    },
    {
      method: 'PUT',
      path,
      async handle(request) {
        const body = await request.body()
        const config = await request.registry.write(state => putConfig(state, scope(request), body))
        return { json: configJson(config, 'compatibility') }
      },
    },
    {
      method: 'DELETE',
      path,
      async handle(request) {
        const old = await request.registry.write(state => deleteConfig(state, scope(request)))
        return { json: configJson(old, 'compatibilityLevel') }
      },
    },
  ]
}

function modeRoutes(path: string, scope: ScopeReader): readonly Route[] {
  return [
    {
      method: 'GET',
      path,
      handle(request) {
        const mode = request.registry.read(state => getMode(state, scope(request), flag(request, 'defaultToGlobal')))
        return { json: new Map([['mode', mode]]) }
      },
    },
    {
      method: 'PUT',
      path,
      async handle(request) {
        const mode = readText(await request.body(), 'mode')
        const options = { isMutable: request.registry.hasMutableModes, force: flag(request, 'force') }
        await request.registry.write(state => putMode(state, scope(request), mode, options))
        // As it was sent: the original gives the request back.
        return { json: new Map([['mode', mode]]) }
      },
    },
    {
      method: 'DELETE',
      path,
      async handle(request) {
        const options = { isMutable: request.registry.hasMutableModes }
        const old = await request.registry.write(state =>
          deleteMode(state, scope(request), flag(request, 'recursive'), options),
        )
        return { json: new Map([['mode', old]]) }
      },
    },
  ]
}

const global: ScopeReader = () => null

export const SETTINGS_ROUTES: readonly Route[] = [
  ...configRoutes('/config', global),
  ...configRoutes('/config/:subject', scopeOf),
  ...modeRoutes('/mode', global),
  ...modeRoutes('/mode/:subject', scopeOf),
]
