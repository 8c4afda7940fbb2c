import { z } from 'zod'
import { isAtOrUnder } from '../../../shared/dns/name.ts'
import type { StoredRrset } from '../../model/records.ts'
import { zoneOf } from '../../model/state.ts'
import { rrsetsIn } from '../../zone/zone-file.ts'
import type { HttpApp, HttpContext } from '../context.ts'
import { defaultZone } from '../default-zone.ts'
import { manifestAppOf } from '../manifest-of.ts'
import { notFound, setVersion } from '../objects.ts'
import { getResponses } from '../openapi.ts'
import { Streams } from '../streams.ts'

const objectSchema = z.record(z.string(), z.unknown())
const manifestViewSchema = z.strictObject({
  zones: z.array(objectSchema),
  records: z.array(objectSchema),
  apps: z.array(objectSchema),
})

/** Adds `/`: all of the zone that `http.defaultZone` names. */
export function addBetterdnsManifestRoute(app: HttpApp, context: HttpContext): void {
  const { registry, recordNames, appNames } = context
  const streams = new Streams()

  app.get(
    '/',
    {
      schema: {
        operationId: 'getBetterdnsManifest',
        summary: 'All of the default zone: the zone, its records, its apps',
        description: 'A manifest that can be applied again.',
        tags: ['betterdns'],
        response: getResponses('The manifest', manifestViewSchema),
      },
    },
    (_request, reply) => {
      const zone = defaultZone(context)
      if (!zone.ok) return notFound(reply, zone.detail)
      const { apex } = zone
      const { state } = registry
      void setVersion(reply, registry.version)
      return streams.send(reply, 'application/json', () => {
        // References only, taken at once: nothing of them is ever written.
        const records = rrsetsIn(state, apex, recordNames.all())
        const apps = appNames
          .all()
          .filter((name) => isAtOrUnder(name, apex) && zoneOf(state, name)?.value.apex === apex)
          .flatMap((name) => state.apps.get(name) ?? [])
        const zones = [state.zones.get(apex)?.value]
        return manifestText(zones, records, apps.map(manifestAppOf))
      })
    },
  )
}

function* manifestText(
  zones: readonly unknown[],
  records: readonly StoredRrset[],
  apps: readonly unknown[],
): Generator<string, void> {
  yield `{"zones":${JSON.stringify(zones)},"records":[`
  let text = ''
  for (const [i, { value }] of records.entries()) {
    text += `${i === 0 ? '' : ','}${JSON.stringify(value)}`
    if (text.length < CHUNK_CHARACTERS) continue
    yield text
    text = ''
  }
  yield `${text}],"apps":${JSON.stringify(apps)}}`
}

/** About how many characters are handed on at a time. */
const CHUNK_CHARACTERS = 65_536
