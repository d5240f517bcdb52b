import { deleteContext } from '../../subjects/delete.ts'
import { type ApiRequest, page, type Route } from '../api.ts'
import { readContext } from '../context-path.ts'

export const CONTEXT_ROUTES: readonly Route[] = [
  {
    method: 'GET',
    path: '/contexts',
    handle(request) {
      const prefix = request.query('contextPrefix') ?? ''
      return {
        json: page(
          request,
          contextsOf(request).filter(name => name.startsWith(prefix)),
        ),
      }
    },
  },
  {
    method: 'DELETE',
    path: '/contexts/:context',
    async handle(request) {
      const context = readContext(request.param('context'))
      await request.registry.write(state => deleteContext(state, context))
      return { status: 204 }
    },
  },
]

function contextsOf({ registry }: ApiRequest): readonly string[] {
  return registry.read(state => state.contextNames().filter(name => state.isDeclaredContext(name)))
}
