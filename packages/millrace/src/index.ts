export { type Addresses, AllInOne, type AllInOneOptions } from './server/all-in-one.ts'
export { VERSION } from './version.ts'
