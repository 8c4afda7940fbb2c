import type { FastifyDynamicSwaggerOptions, SwaggerTransformObject } from '@fastify/swagger'
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { PROBLEM_TYPE, problemSchema } from './problem.ts'

/** Options of `@fastify/swagger`: OpenAPI 3.1, made of the schemas that the routes are checked by. */
export function openapiOptions(): FastifyDynamicSwaggerOptions {
  return {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Meridian central',
        description: 'What the mesh knows: clusters, zones, networks, apps and their endpoints.',
        version: '1',
      },
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
    },
    transform: jsonSchemaTransform,
    transformObject: withoutInputs,
  }
}

/** One answer of a route, as JSON unless it says otherwise. */
export function response(
  description: string,
  schema: z.ZodType,
  mediaType = 'application/json',
): DescribedResponse {
  return { description, content: { [mediaType]: { schema } } }
}

interface DescribedResponse {
  readonly description: string
  readonly content: Readonly<Record<string, { readonly schema: z.ZodType }>>
}

/** An answer without a body. */
export function emptyResponse(description: string): z.ZodUndefined {
  return z.undefined().meta({ description })
}

/** The answers that any route may give beside its own. */
export const problemResponses = {
  '4xx': response('The request cannot be served as it is', problemSchema, PROBLEM_TYPE),
  '5xx': response('Central cannot serve the request now', problemSchema, PROBLEM_TYPE),
}

/** The answers to a GET. */
export function getResponses(description: string, view: z.ZodType): GetResponses {
  return { 200: response(description, view), ...problemResponses }
}

type GetResponses = { readonly 200: DescribedResponse } & typeof problemResponses

/** The answers to a GET of one object, which has an entity tag. */
export function getObjectResponses(description: string, view: z.ZodType): GetObjectResponses {
  return { 304: emptyResponse('Not modified'), ...getResponses(description, view) }
}

type GetObjectResponses = { readonly 304: z.ZodUndefined } & GetResponses

/** The answers to a PUT. */
export function putResponses(view: z.ZodType): PutResponses {
  return {
    200: response('Replaced, or unchanged', view),
    201: response('Created', view),
    202: response('Done, but not all edges serve it yet', view),
    ...problemResponses,
  }
}

type PutResponses = Readonly<Record<200 | 201 | 202, DescribedResponse>> & typeof problemResponses

/** The answers to a DELETE. */
export const deleteResponses = {
  204: emptyResponse('Deleted'),
  202: emptyResponse('Deleted, but not all edges serve it yet'),
  ...problemResponses,
}

/** Only answers have names, so the input sides that are made of the same schemas are never used. */
const withoutInputs: SwaggerTransformObject = (given) => {
  const document = jsonSchemaTransformObject(given)
  const schemas = 'components' in document ? (document.components?.schemas ?? {}) : {}
  for (const id of Object.keys(schemas))
    if (id.endsWith('Input')) Reflect.deleteProperty(schemas, id)
  return document
}
