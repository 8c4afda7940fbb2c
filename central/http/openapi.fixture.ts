import { z } from 'zod'

/** Holds answers against what an OpenAPI document promises of them. */
export interface Promises {
  /** Throws when the document does not promise this answer. Paths that it does not list pass as 404. */
  check(method: string, path: string, res: Response, body: unknown): void
}

const jsonSchema = z.record(z.string(), z.unknown())

const responseSchema = z.looseObject({
  description: z.string(),
  content: z.record(z.string(), z.looseObject({ schema: jsonSchema })).optional(),
})

const parameterSchema = z.looseObject({
  name: z.string(),
  in: z.enum(['path', 'query', 'header']),
  required: z.boolean().optional(),
  schema: jsonSchema,
})

const operationSchema = z.looseObject({
  operationId: z.string(),
  summary: z.string(),
  tags: z.array(z.string()).min(1),
  security: z.array(z.record(z.string(), z.array(z.string()))).optional(),
  parameters: z.array(parameterSchema).optional(),
  requestBody: z
    .looseObject({ content: z.record(z.string(), z.looseObject({ schema: jsonSchema })) })
    .optional(),
  responses: z.record(z.string().regex(/^[1-5](\d\d|XX)$/), responseSchema),
})

/** The parts of OpenAPI 3.1 that the document uses. */
export const documentSchema = z.strictObject({
  openapi: z.string().regex(/^3\.1\.\d+$/),
  info: z.looseObject({ title: z.string(), version: z.string() }),
  components: z.strictObject({
    securitySchemes: z.record(z.string(), z.looseObject({ type: z.string() })),
    schemas: z.record(z.string(), jsonSchema),
  }),
  paths: z.record(z.string().startsWith('/'), z.record(z.string(), operationSchema)),
})

/** The document, parsed. */
export type OpenapiDocument = z.output<typeof documentSchema>

/** Reads a document and prepares to hold answers against it. */
export function createPromises(raw: unknown): Promises {
  const document = documentSchema.parse(raw)
  const compiled = new Map<object, z.ZodType>()
  const routes = Object.keys(document.paths).map((path) => ({
    path,
    pattern: new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`),
  }))

  return {
    check: (method, path, res, body) => {
      const bare = path.replace(/\?.*$/s, '')
      const route = routes.find(({ pattern }) => pattern.test(bare))
      const operation = route && document.paths[route.path]?.[method.toLowerCase()]
      if (operation === undefined) return
      const what = `${method} ${path} answered ${res.status}`
      const status = String(res.status)
      const promised = operation.responses[status] ?? operation.responses[`${status.charAt(0)}XX`]
      if (promised === undefined) throw new TypeError(`${what}, which is not promised`)
      if (body === undefined) return
      const mediaType = res.headers.get('content-type')?.split(';')[0] ?? ''
      const content = promised.content?.[mediaType]
      if (content === undefined)
        throw new TypeError(`${what} as ${mediaType}, which is not promised`)
      let schema = compiled.get(content.schema)
      if (schema === undefined) {
        schema = compileSchema(document, content.schema)
        compiled.set(content.schema, schema)
      }
      const result = schema.safeParse(body)
      if (!result.success) throw new TypeError(`${what}: ${z.prettifyError(result.error)}`)
    },
  }
}

/** Makes a validator of a schema of the document. Throws when it or a part that it names is not valid. */
export function compileSchema(
  document: OpenapiDocument,
  schema: Readonly<Record<string, unknown>>,
): z.ZodType {
  const whole = { ...schema, $defs: document.components.schemas }
  const local: unknown = JSON.parse(
    JSON.stringify(whole).replaceAll('#/components/schemas/', '#/$defs/'),
  )
  return z.fromJSONSchema(jsonSchema.parse(local))
}
