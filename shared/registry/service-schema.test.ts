import { expect, it } from 'vitest'
import { appWithEndpointsSchema, endpointSchema } from './schema.ts'
import { serviceSchema } from './service-schema.ts'

it('a service with nothing said answers HTTPS, SVCB and SRV', () => {
  expect(serviceSchema.parse({})).toEqual({ alpn: [], https: true, srv: true })
})

it.each([
  { alpn: ['h2', 'h3', 'http/1.1'], port: 8443 },
  { alpn: ['x'.repeat(255)] },
  { https: false, srv: false },
])('%j is a service', (service) => {
  expect(serviceSchema.parse(service)).toMatchObject(service)
})

it.each([
  [{ alpn: ['h2', 'h2'] }, 'holds an id twice'],
  [{ alpn: [''] }, '>=1'],
  [{ alpn: ['x'.repeat(256)] }, '<=255'],
  [{ alpn: ['h2,h3'] }, 'is not the id of a protocol'],
  [{ alpn: ['h"2'] }, 'is not the id of a protocol'],
  [{ alpn: ['h\\2'] }, 'is not the id of a protocol'],
  [{ alpn: ['ä'] }, 'is not the id of a protocol'],
  [{ alpn: Array.from({ length: 9 }, (_, i) => `h${i}`) }, '<=8'],
  [{ port: 0 }, '>=1'],
  [{ port: 65_536 }, '<=65535'],
  [{ esni: true }, 'Unrecognized key'],
])('%j is none', (service, reason) => {
  const { error } = serviceSchema.safeParse(service)
  expect(error?.issues[0]?.message).toContain(reason)
})

const at = { cluster: 'sfo' }

it('a target is a canonical name, in place of addresses', () => {
  const parsed = endpointSchema.parse({ ...at, target: 'CDN.Example' })
  expect(parsed).toMatchObject({ addresses: [], target: 'cdn.example.' })
})

it.each([
  [{ ...at, target: 'cdn.example', addresses: ['192.0.2.1'] }, 'is given beside addresses'],
  [{ ...at, target: '.' }, 'is the root'],
  [{ ...at, target: 'a..example' }, 'has an empty label'],
])('%j is no endpoint', (endpoint, reason) => {
  const { error } = endpointSchema.safeParse(endpoint)
  expect(error?.issues[0]).toMatchObject({ path: ['target'] })
  expect(error?.issues[0]?.message).toContain(reason)
})

it('an app is not the target of its own endpoint', () => {
  const endpoints = [{ cluster: 'sfo', addresses: ['192.0.2.1'] }, { cluster: 'lhr' }]
  const app = (target: string) => ({
    name: 'Video.example',
    endpoints: endpoints.map((one, i) => (i === 1 ? { ...one, target } : one)),
  })
  expect(appWithEndpointsSchema.safeParse(app('www.example')).success).toBe(true)
  const { error } = appWithEndpointsSchema.safeParse(app('video.EXAMPLE'))
  expect(error?.issues).toMatchObject([
    { path: ['endpoints', 1, 'target'], message: 'is the name of the app itself' },
  ])
})
