import { jsonValueOf } from '../../json/json-value.ts'
import {
  findIdsOfGuid,
  findSchemaByGuid,
  findSchemaById,
  findVersionsWithId,
  listSchemas,
} from '../../subjects/find.ts'
import { ALL_CONTEXTS, parseSubject } from '../../subjects/qualified-subject.ts'
import {
  type ApiRequest,
  DEFAULT_PAGE_LIMIT,
  deletedFilter,
  flag,
  idParam,
  page,
  querySubject,
  type Route,
} from '../api.ts'
import { guidSchemaJson, schemaStringJson, textOf, versionJson } from '../entities.ts'

function schemaOf(request: ApiRequest) {
  const id = idParam(request)
  const subject = querySubject(request)
  return request.registry.read(state => findSchemaById(state, id, subject))
}

function versionsOf(request: ApiRequest) {
  const id = idParam(request)
  const subject = querySubject(request)
  return request.registry.read(state => findVersionsWithId(state, id, subject, deletedFilter(request)))
}

export const SCHEMA_ROUTES: readonly Route[] = [
  {
    method: 'GET',
    path: '/schemas/types',
    handle: request => ({ json: request.registry.resolution.schemaTypes }),
  },
  {
    method: 'GET',
    path: '/schemas',
    handle(request) {
      const prefix = request.query('subjectPrefix') ?? ALL_CONTEXTS
      const latestOnly = flag(request, 'latestOnly')
      const versions = request.registry.read(state => listSchemas(state, prefix, deletedFilter(request), latestOnly))
      return { json: page(request, versions, DEFAULT_PAGE_LIMIT).map(version => versionJson(version)) }
    },
  },
  {
    method: 'GET',
    path: '/schemas/ids/:id',
    handle(request) {
      const version = schemaOf(request)
      const { context } = parseSubject(version.subject)
      const maxId = flag(request, 'fetchMaxId') ? request.registry.read(state => state.largestId(context)) : null
      return { json: schemaStringJson(version, textOf(request.registry, version, request.query('format')), maxId) }
    },
  },
  {
    method: 'GET',
    path: '/schemas/ids/:id/schema',
    handle: request => ({ jsonText: textOf(request.registry, schemaOf(request), request.query('format')) }),
  },
  {
    method: 'GET',
    path: '/schemas/ids/:id/subjects',
    handle(request) {
      const subjects = new Set(versionsOf(request).map(version => version.subject))
      return { json: page(request, [...subjects]) }
    },
  },
  {
    method: 'GET',
    path: '/schemas/ids/:id/versions',
    handle(request) {
      const versions = versionsOf(request).map(({ subject, version }) => ({ subject, version }))
      return { json: jsonValueOf(page(request, versions)) }
    },
  },
  {
    method: 'GET',
    path: '/schemas/guids/:guid',
    handle(request) {
      const found = request.registry.read(state => findSchemaByGuid(state, request.param('guid')))
      return { json: guidSchemaJson(found, textOf(request.registry, found, request.query('format'))) }
    },
  },
  {
    method: 'GET',
    path: '/schemas/guids/:guid/ids',
    handle: request => ({
      json: jsonValueOf(request.registry.read(state => findIdsOfGuid(state, request.param('guid')))),
    }),
  },
]
