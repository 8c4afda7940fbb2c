import { expect, it } from 'vitest'
import { webUrlSchema } from '../../shared/registry/machine-schema.ts'
import { isAllowedUrl } from './allowed-urls.ts'

it.each([
  ['http://h.example/end', 'http://h.example/end', true],
  ['http://h.example', 'http://h.example/anything?x', true],
  ['http://h.example/end', 'http://h.example/end/vm-1', true],
  ['http://h.example/end', 'http://h.example/end?id=1', true],
  ['http://h.example/end', 'http://h.example/ends', false],
  ['http://h.example/end', 'http://h.example/end/../other', false],
  ['http://h.example/end', 'http://h.example/end/%2e%2e/other', false],
  ['http://h.example', 'http://h.example.test/', false],
  ['http://h.example', 'http://h.example:8080/', false],
  ['http://h.example', 'https://h.example/', false],
  ['HTTP://H.example:80', 'http://h.EXAMPLE/x', true],
])('what %s allows of %s', (allowed, url, wanted) => {
  expect(isAllowedUrl(webUrlSchema.parse(url), [webUrlSchema.parse(allowed)])).toBe(wanted)
})

it('without any, none is allowed', () => {
  expect(isAllowedUrl('http://h.example/', [])).toBe(false)
})

it.each(['ftp://h.example/', 'http://user:secret@h.example/', 'http://h.example/#x', 'h.example'])(
  '%s is no URL that can be called',
  (url) => {
    expect(webUrlSchema.safeParse(url).success).toBe(false)
  },
)
