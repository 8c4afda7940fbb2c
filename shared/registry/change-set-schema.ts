import { z } from 'zod'
import { recordTypeSchema } from './rrset-schema.ts'
import { nameSchema } from './fields.ts'
import { CHANGE_COMMANDS_MAX, PRECONDITIONS_MAX } from './limits.ts'
import { idSchema, manifestSchema } from './schema.ts'

/** One change of many objects: what is to go, what is to be, and what has to hold before. */

/** Kinds of objects that a change set can name. */
export const preconditionKinds = ['cluster', 'zone', 'network', 'app', 'endpoint', 'rrset'] as const

export type PreconditionKind = (typeof preconditionKinds)[number]

const rrsetKeySchema = z.strictObject({ name: nameSchema, type: recordTypeSchema })
const endpointKeySchema = z.strictObject({ app: nameSchema, cluster: idSchema })

/** A list of keys, none of them twice. */
function listOf<T extends z.ZodType>(
  key: T,
  textOf: (key: z.output<T>) => string,
): z.ZodDefault<z.ZodArray<T>> {
  return z
    .array(key)
    .max(CHANGE_COMMANDS_MAX)
    .superRefine((keys, ctx) => {
      const seen = new Map<string, number>()
      keys.forEach((each, i) => {
        const text = textOf(each)
        const first = seen.get(text)
        if (first === undefined) seen.set(text, i)
        else {
          const message = `is there twice, it is the same as number ${first}`
          ctx.addIssue({ code: 'custom', message, path: [i], input: text })
        }
      })
    })
    .default([])
}

const deletesSchema = z
  .strictObject({
    endpoints: listOf(endpointKeySchema, ({ app, cluster }) => `${app} ${cluster}`),
    apps: listOf(nameSchema, String),
    records: listOf(rrsetKeySchema, ({ name, type }) => `${name} ${type}`),
    zones: listOf(nameSchema, String),
    networks: listOf(idSchema, String),
    clusters: listOf(idSchema, String),
  })
  .prefault({})
  .meta({ description: 'What is deleted, before anything is put; each has to be there' })

/** The canonical form of the id of an object, as diffs show it. */
const idOf: Readonly<Record<PreconditionKind, (id: string) => string>> = {
  cluster: (id) => idSchema.parse(id),
  network: (id) => idSchema.parse(id),
  zone: (id) => nameSchema.parse(id),
  app: (id) => nameSchema.parse(id),
  endpoint: (id) => {
    const [app, cluster] = twoOf(id)
    return `${nameSchema.parse(app)} ${idSchema.parse(cluster)}`
  },
  rrset: (id) => {
    const [name, type] = twoOf(id)
    return `${nameSchema.parse(name)} ${recordTypeSchema.parse(type)}`
  },
}

function twoOf(id: string): readonly [string, string] {
  const [first = '', second = '', ...more] = id.split(' ')
  if (second !== '' && more.length === 0) return [first, second]
  const message = 'is not two words: a name and a type or cluster'
  throw new z.ZodError([{ code: 'custom', message, path: [], input: id }])
}

/** The longest id: a name of nothing but escapes, a blank, and a label. */
const ID_MAX_CHARACTERS = 1_100

const preconditionSchema = z
  .strictObject({
    kind: z.enum(preconditionKinds),
    id: z.string().max(ID_MAX_CHARACTERS).meta({
      description: 'Id, apex or name; "name type" of an rrset, "app cluster" of an endpoint',
      example: 'www.example. A',
    }),
    version: z.int().min(1).optional().meta({ description: 'It is at this version' }),
    exists: z.literal(true).optional().meta({ description: 'It is there' }),
    absent: z.literal(true).optional().meta({ description: 'It is not there' }),
  })
  .transform(({ kind, id, version, exists, absent }, ctx) => {
    const given = [version, exists, absent].filter((wanted) => wanted !== undefined).length
    if (given !== 1) {
      const message = `has ${given} of version, exists and absent, one is wanted`
      ctx.addIssue({ code: 'custom', message, input: undefined })
      return z.NEVER
    }
    const canonical = canonicalId(kind, id, ctx)
    if (canonical === undefined) return z.NEVER
    const wanted = version ?? (exists === true ? ('any' as const) : ('none' as const))
    return { kind, id: canonical, if: wanted }
  })

function canonicalId(kind: PreconditionKind, id: string, ctx: z.RefinementCtx): string | undefined {
  try {
    return idOf[kind](id)
  } catch (err) {
    if (!(err instanceof z.ZodError)) throw err
    const message = err.issues[0]?.message ?? 'is not as wanted'
    ctx.addIssue({ code: 'custom', message, path: ['id'], input: id })
    return undefined
  }
}

/** What `POST /v1/changes` takes: a manifest, with what is to go and what has to hold. */
export const changeSetSchema = manifestSchema.safeExtend({
  deletes: deletesSchema,
  preconditions: z.array(preconditionSchema).max(PRECONDITIONS_MAX).default([]).meta({
    description: 'What has to hold before the change; else nothing is changed',
  }),
})

export type ChangeSetBody = Readonly<z.output<typeof changeSetSchema>>
