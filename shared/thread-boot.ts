/** What every thread begins with: the cache has to be there before the program is loaded. */
import { enableCompileCache } from 'node:module'

enableCompileCache()
const program = process.argv[2]
if (program === undefined) throw new TypeError('a thread is started by `startThread` only')
await import(program)
