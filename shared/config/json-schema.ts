import { z } from 'zod'

export type JsonSchema = z.core.JSONSchema.JSONSchema

/** The JSON schema of what a person writes (before defaults and transforms), draft 2020-12. */
export function jsonSchemaOf(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
}
