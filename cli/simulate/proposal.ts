import { z } from 'zod'
import { checkDocument } from '../../shared/config/check.ts'
import { readYamlDocument } from '../../shared/config/document.ts'
import type { Mistake } from '../../shared/config/mistakes.ts'
import { valueAt } from '../../shared/config/path.ts'
import { policySchema } from '../../shared/registry/policy-schema.ts'
import { nameSchema } from '../../shared/registry/fields.ts'
import { manifestSchema } from '../../shared/registry/schema.ts'
import type { Endpoint, Manifest } from '../../shared/registry/schema.ts'
import { readStdin } from '../manifest.ts'
import { byKey, SIMULATED_APPS_MAX } from './present.ts'
import type { AppFacts, World } from './world.ts'

/** A policy, and the apps that are to have it. */
const policyFileSchema = z.strictObject({
  policy: policySchema,
  apps: z.array(nameSchema).max(SIMULATED_APPS_MAX).default([]),
})

/** What is proposed. */
export interface Proposal {
  /** The apps that it names. */
  readonly names: readonly string[]
  /** The world as it would be. `names`: the apps that are looked at. */
  readonly over: (world: World, names: readonly string[]) => World
}

export type ReadProposal =
  | { readonly ok: true; readonly proposal: Proposal }
  | { readonly ok: false; readonly mistakes: readonly Mistake[] }

/** Reads a manifest, or a policy with a list of names; `-` is stdin. */
export async function readProposal(
  file: string,
  stdin: AsyncIterable<unknown>,
): Promise<ReadProposal> {
  const read = file === '-' ? await readStdin(stdin) : readYamlDocument(file)
  if (!read.ok) return read
  const { document } = read
  if (valueAt(document.value, ['policy']) !== undefined) {
    const checked = checkDocument(policyFileSchema, document)
    if (!checked.ok) return checked
    const { policy, apps } = checked.value
    return {
      ok: true,
      proposal: {
        names: [...new Set(apps)],
        over: (world, names) => withPolicy(world, names, policy),
      },
    }
  }
  const checked = checkDocument(manifestSchema, document)
  if (!checked.ok) return checked
  const manifest = checked.value
  const listsEndpoints = manifest.apps.map((_, i) =>
    Array.isArray(valueAt(document.value, ['apps', i, 'endpoints'])),
  )
  return {
    ok: true,
    proposal: {
      names: manifest.apps.map(({ name }) => name),
      over: (world) => withManifest(world, manifest, listsEndpoints),
    },
  }
}

function withPolicy(
  world: World,
  names: readonly string[],
  policy: z.output<typeof policySchema>,
): World {
  const apps = new Map(world.apps)
  for (const name of names) {
    const facts = apps.get(name)
    if (facts !== undefined) apps.set(name, { ...facts, value: { ...facts.value, policy } })
  }
  return { ...world, apps }
}

/** As `meridian apply` would: what is listed is put, what is not stays. */
function withManifest(world: World, manifest: Manifest, listsEndpoints: readonly boolean[]): World {
  const apps = new Map(world.apps)
  manifest.apps.forEach(({ endpoints, ...value }, i) => {
    const before = apps.get(value.name)
    const kept = before?.endpoints ?? new Map<string, Endpoint>()
    const after = listsEndpoints[i] === true ? replaced(before, endpoints) : kept
    apps.set(value.name, { value, found: before?.found ?? new Map(), endpoints: after })
  })
  const zonePolicies = new Map(world.zonePolicies)
  for (const { apex, policy } of manifest.zones) zonePolicies.set(apex, policy)
  return {
    clusters: new Map([...world.clusters, ...byKey(manifest.clusters, ({ id }) => id)]),
    zonePolicies,
    networks: [
      ...new Map([...world.networks, ...manifest.networks].map((each) => [each.id, each])).values(),
    ],
    apps,
  }
}

/** The listed ones, and those that machines have made: they are in no list. */
function replaced(
  before: AppFacts | undefined,
  endpoints: readonly Endpoint[],
): ReadonlyMap<string, Endpoint> {
  const after = new Map(byKey(endpoints, ({ cluster }) => cluster))
  for (const [cluster, endpoint] of before?.endpoints ?? []) {
    const isForMachines = before?.found.get(cluster)?.machines !== undefined
    if (isForMachines && endpoint.addresses.length === 0 && !after.has(cluster)) {
      after.set(cluster, endpoint)
    }
  }
  return after
}
