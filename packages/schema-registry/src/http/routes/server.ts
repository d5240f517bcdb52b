import { jsonValueOf } from '../../json/json-value.ts'
import type { Route } from '../api.ts'

/** The version of the original whose answers these are. */
const API_VERSION = '8.0.0'

export const SERVER_ROUTES: readonly Route[] = [
  { method: 'GET', path: '/', handle: () => ({ json: new Map() }) },
  { method: 'POST', path: '/', handle: () => ({ json: new Map() }) },
  {
    method: 'GET',
    path: '/v1/metadata/id',
    handle: () => ({
      json: jsonValueOf({ id: '', scope: { path: [], clusters: { 'schema-registry-cluster': 'schema-registry' } } }),
    }),
  },
  {
    method: 'GET',
    path: '/v1/metadata/version',
    handle: () => ({ json: jsonValueOf({ version: API_VERSION, commitId: '' }) }),
  },
]
