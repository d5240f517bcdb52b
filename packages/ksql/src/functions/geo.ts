import { EvaluationError } from '../expressions/compiled.ts'
import { overload, type ScalarFunction, scalar } from './scalar-function.ts'

const EARTH_RADIUS_KM = 6371
const EARTH_RADIUS_MILES = 3959
const MILES = ['mi', 'mile', 'miles']
const KILOMETERS = ['km', 'kilometer', 'kilometers', 'kilometre', 'kilometres']
const RADIANS_PER_DEGREE = Math.PI / 180

function radius(units: string | null): number {
  const unit = (units ?? '').trim().toLowerCase()
  if (unit === '' || KILOMETERS.includes(unit)) return EARTH_RADIUS_KM
  if (MILES.includes(unit)) return EARTH_RADIUS_MILES
  throw new EvaluationError(
    `GeoDistance function units parameter must be one of ${[...MILES, ...KILOMETERS].join(', ')}. Values are case-insensitive. Got ${units}`,
  )
}
const haversine = (angle: number): number => Math.sin(angle / 2) ** 2

type Degrees = number | null
/** Along a great circle, on a sphere. */
function distance(lat1: Degrees, lon1: Degrees, lat2: Degrees, lon2: Degrees, units: string | null = null) {
  if (lat1 === null || lon1 === null || lat2 === null || lon2 === null) return null
  if (Math.abs(lat1) > 90 || Math.abs(lat2) > 90)
    throw new EvaluationError(
      `valid latitude values for GeoDistance function are in the range of -90 to 90 decimal degrees, got ${lat1} and ${lat2}`,
    )
  if (Math.abs(lon1) > 180 || Math.abs(lon2) > 180)
    throw new EvaluationError(
      `valid longitude values for GeoDistance function are in the range of -180 to +180 decimal degrees, got ${lon1} and ${lon2}`,
    )
  const sphere = radius(units)
  const [from, to] = [lat1 * RADIANS_PER_DEGREE, lat2 * RADIANS_PER_DEGREE]
  const chord =
    haversine((lat2 - lat1) * RADIANS_PER_DEGREE) +
    haversine((lon2 - lon1) * RADIANS_PER_DEGREE) * Math.cos(from) * Math.cos(to)
  return 2 * Math.asin(Math.sqrt(chord)) * sphere
}

export const geoFunctions: readonly ScalarFunction[] = [
  scalar('geo_distance', 'OTHER', 'The distance of two points given in degrees, in kilometres or miles.', [
    overload('(DOUBLE lat1, DOUBLE lon1, DOUBLE lat2, DOUBLE lon2, VARCHAR units): DOUBLE', distance, {
      takesNulls: true,
    }),
    overload('(DOUBLE lat1, DOUBLE lon1, DOUBLE lat2, DOUBLE lon2): DOUBLE', distance, { takesNulls: true }),
  ]),
]
