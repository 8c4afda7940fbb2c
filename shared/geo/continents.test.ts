import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { packageRoot } from '../package-root.ts'
import { continentCodes, continentOf, countryCodes } from './continents.ts'

it('every country of ISO 3166-1 has one continent', () => {
  const codes = [...countryCodes()]
  expect(codes).toHaveLength(249)
  for (const code of codes) {
    expect(code).toMatch(/^[A-Z]{2}$/)
    expect(continentCodes).toContain(continentOf(code))
  }
})

it.each([
  ['US', 'NA'],
  ['BR', 'SA'],
  ['RU', 'EU'],
  ['TR', 'AS'],
  ['CY', 'EU'],
  ['EG', 'AF'],
  ['AQ', 'AN'],
  ['NZ', 'OC'],
])('%s lies in %s', (country, continent) => {
  expect(continentOf(country)).toBe(continent)
})

it.each(['', 'us', 'USA', 'XX', 'EU', '__proto__'])('%j is no country', (text) => {
  expect(continentOf(text)).toBeUndefined()
})

it('knows the country of every place of the topology that comes with the mesh', () => {
  const text = readFileSync(join(packageRoot(), 'deploy/topology/pops.json'), 'utf8')
  const countries = [...text.matchAll(/"country":"(\w+)"/g)].map(([, country]) => country ?? '')
  expect(countries.length).toBeGreaterThan(300)
  expect(countries.filter((country) => continentOf(country) === undefined)).toEqual([])
})
