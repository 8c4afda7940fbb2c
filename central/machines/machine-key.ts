import type { MachineKey } from '../model/events.ts'

/** The key of a machine in one text; neither a canonical name nor an id has a blank. */
export function keyOf({ app, cluster, machine }: MachineKey): string {
  return `${app} ${cluster} ${machine}`
}

/** The other way. */
export function partsOf(key: string): MachineKey {
  const [app = '', cluster = '', machine = ''] = key.split(' ', 3)
  return { app, cluster, machine }
}
