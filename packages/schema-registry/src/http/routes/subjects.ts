import { jsonValueOf } from '../../json/json-value.ts'
import { deleteSubject, deleteVersion } from '../../subjects/delete.ts'
import { findByMetadata, findReferrers, findVersionById, listSubjects, listVersions } from '../../subjects/find.ts'
import { lookup } from '../../subjects/lookup.ts'
import { ALL_CONTEXTS } from '../../subjects/qualified-subject.ts'
import { register } from '../../subjects/register.ts'
import { readVersionId } from '../../subjects/version-id.ts'
import { type ApiRequest, DEFAULT_PAGE_LIMIT, deletedFilter, flag, page, type Route, subjectOf } from '../api.ts'
import { registeredJson, textOf, versionJson } from '../entities.ts'
import { readRegisterRequest, readSchemaRequest } from '../schema-bodies.ts'

function versionOf(request: ApiRequest) {
  const version = readVersionId(request.param('version'))
  const subject = subjectOf(request)
  return request.registry.read(state => findVersionById(state, subject, version, deletedFilter(request)))
}

export const SUBJECT_ROUTES: readonly Route[] = [
  {
    method: 'GET',
    path: '/subjects',
    handle(request) {
      const prefix = request.query('subjectPrefix') ?? ALL_CONTEXTS
      const subjects = request.registry.read(state => listSubjects(state, prefix, deletedFilter(request)))
      return { json: page(request, subjects) }
    },
  },
  {
    method: 'POST',
    path: '/subjects/:subject',
    async handle(request) {
      const schema = readSchemaRequest(await request.body())
      const options = { normalize: flag(request, 'normalize'), findsDeleted: flag(request, 'deleted') }
      const subject = subjectOf(request)
      const found = request.registry.read((state, resolution) => lookup(state, resolution, subject, schema, options))
      return { json: versionJson(found, textOf(request.registry, found, request.query('format'))) }
    },
  },
  {
    method: 'DELETE',
    path: '/subjects/:subject',
    async handle(request) {
      const subject = subjectOf(request)
      const isPermanent = flag(request, 'permanent')
      const versions = await request.registry.write(state => deleteSubject(state, subject, isPermanent))
      return { json: jsonValueOf(versions) }
    },
  },
  {
    method: 'GET',
    path: '/subjects/:subject/versions',
    handle(request) {
      const isSigned = flag(request, 'deletedAsNegative')
      const filter = isSigned ? 'with' : deletedFilter(request)
      const versions = request.registry.read(state => listVersions(state, subjectOf(request), filter))
      const numbers = versions.map(({ version, isDeleted }) => (isSigned && isDeleted ? -version : version))
      return { json: jsonValueOf(page(request, numbers)) }
    },
  },
  {
    method: 'POST',
    path: '/subjects/:subject/versions',
    async handle(request) {
      const schema = readRegisterRequest(await request.body())
      const options = { normalize: flag(request, 'normalize'), force: flag(request, 'force') }
      const subject = subjectOf(request)
      const registered = await request.registry.write((state, resolution) =>
        register(state, resolution, subject, schema, options),
      )
      return { json: registeredJson(registered, textOf(request.registry, registered, request.query('format'))) }
    },
  },
  {
    method: 'GET',
    path: '/subjects/:subject/versions/:version',
    handle(request) {
      const version = versionOf(request)
      return { json: versionJson(version, textOf(request.registry, version, request.query('format'))) }
    },
  },
  {
    method: 'DELETE',
    path: '/subjects/:subject/versions/:version',
    async handle(request) {
      const subject = subjectOf(request)
      const version = readVersionId(request.param('version'))
      const isPermanent = flag(request, 'permanent')
      const deleted = await request.registry.write(state => deleteVersion(state, subject, version, isPermanent))
      return { json: jsonValueOf(deleted) }
    },
  },
  {
    method: 'GET',
    path: '/subjects/:subject/versions/:version/schema',
    handle(request) {
      return { jsonText: textOf(request.registry, versionOf(request), request.query('format')) }
    },
  },
  {
    method: 'GET',
    path: '/subjects/:subject/versions/:version/referencedby',
    handle(request) {
      const version = readVersionId(request.param('version'))
      const subject = subjectOf(request)
      const ids = request.registry.read(state => findReferrers(state, subject, version, deletedFilter(request)))
      return { json: jsonValueOf(page(request, ids, DEFAULT_PAGE_LIMIT)) }
    },
  },
  {
    method: 'GET',
    path: '/subjects/:subject/metadata',
    handle(request) {
      const values = request.queries('value')
      const properties = new Map(request.queries('key').map((key, index) => [key, values[index] ?? '']))
      const subject = subjectOf(request)
      const found = request.registry.read(state => findByMetadata(state, subject, properties, deletedFilter(request)))
      return { json: versionJson(found, textOf(request.registry, found, request.query('format'))) }
    },
  },
]
