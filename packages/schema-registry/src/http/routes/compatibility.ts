import { jsonValueOf } from '../../json/json-value.ts'
import { checkCompatibilityOf } from '../../subjects/check-compatibility.ts'
import { readVersionId, type VersionId } from '../../subjects/version-id.ts'
import { type ApiAnswer, type ApiRequest, flag, type Route, subjectOf } from '../api.ts'
import { readSchemaRequest } from '../schema-bodies.ts'

async function check(request: ApiRequest, version: VersionId | null): Promise<ApiAnswer> {
  const schema = readSchemaRequest(await request.body())
  const subject = subjectOf(request)
  const options = { normalize: flag(request, 'normalize'), verbose: flag(request, 'verbose') }
  const { isCompatible, messages } = request.registry.read((state, resolution) =>
    checkCompatibilityOf(state, resolution, subject, version, schema, options),
  )
  return { json: jsonValueOf({ is_compatible: isCompatible, messages: options.verbose ? messages : undefined }) }
}

export const COMPATIBILITY_ROUTES: readonly Route[] = [
  {
    method: 'POST',
    path: '/compatibility/subjects/:subject/versions/:version',
    handle: request => check(request, readVersionId(request.param('version'))),
  },
  {
    method: 'POST',
    path: '/compatibility/subjects/:subject/versions',
    handle: request => check(request, null),
  },
]
