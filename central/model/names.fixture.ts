import type { Name } from '../../shared/dns/name.ts'
import { parentOf } from '../../shared/dns/name.ts'

/** All names above one, found without what is tested. */
export function ancestorsOf(name: Name): readonly Name[] {
  const parent = parentOf(name)
  return parent === undefined ? [] : [parent, ...ancestorsOf(parent)]
}
