import { z } from 'zod'
import type { HttpApp, HttpContext } from '../context.ts'
import { setVersion } from '../objects.ts'
import { getResponses } from '../openapi.ts'
import { pageOf, pageQuerySchema, pageSchemaOf } from '../pages.ts'
import { deadLetterSchema, lettersOf, sourceViewSchema, viewSource } from '../source-views.ts'

const tags = ['sources']
const letterQuerySchema = pageQuerySchema.extend({
  source: z.string().max(100).optional().meta({ description: 'Only of this source' }),
  reason: z.string().max(100).optional().meta({ description: 'Only those with this reason' }),
})

/** Numbers of refused messages are written with so many digits in cursors, so that they sort as text. */
const NUMBER_DIGITS = 16

/** Adds `/v1/sources` and `/v1/dead-letters`. */
export function addSourceRoutes(app: HttpApp, context: HttpContext): void {
  const { registry, sources } = context

  app.get(
    '/v1/sources',
    {
      schema: {
        operationId: 'listSources',
        summary: 'Topics that feed zones: where they are, and what became of their messages',
        tags,
        querystring: pageQuerySchema,
        response: getResponses('A page of sources', pageSchemaOf(sourceViewSchema)),
      },
    },
    (request, reply) => {
      const byName = new Map(sources.map((source) => [source.options.name, source]))
      const page = pageOf([...byName.keys()].sort(), request.query, (name) => {
        const source = byName.get(name)
        return source && { item: viewSource(source, registry.state), weight: 1 }
      })
      return setVersion(reply, registry.version).send(page)
    },
  )

  app.get(
    '/v1/dead-letters',
    {
      schema: {
        operationId: 'listDeadLetters',
        summary: 'Messages of sources that were refused, the last one first; 1,000 are kept',
        tags,
        querystring: letterQuerySchema,
        response: getResponses('A page of them', pageSchemaOf(deadLetterSchema)),
      },
    },
    (request, reply) => {
      const { source, reason } = request.query
      const byKey = new Map(
        lettersOf(registry.state)
          .filter((letter) => source === undefined || source === letter.source)
          .filter((letter) => reason === undefined || reason === letter.reason)
          .map((letter) => [keyOf(letter.number), letter]),
      )
      const page = pageOf([...byKey.keys()], request.query, (key) => {
        const item = byKey.get(key)
        return item && { item, weight: 1 }
      })
      return setVersion(reply, registry.version).send(page)
    },
  )
}

/** Sorts the last number first. */
function keyOf(number: number): string {
  return String(Number.MAX_SAFE_INTEGER - number).padStart(NUMBER_DIGITS, '0')
}
