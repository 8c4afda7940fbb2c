import { expect, it } from 'vitest'
import { allowedCpus, parseAllowedCpus } from './cpus.ts'

it.each([
  ['0', [0]],
  ['0-1', [0, 1]],
  ['2-4,7,9-10', [2, 3, 4, 7, 9, 10]],
])('a list of %s names the cores', (list, cores) => {
  expect(parseAllowedCpus(`Name:\tnode\nCpus_allowed_list:\t${list}\nMems:\t0\n`)).toEqual(cores)
})

it('refuses a status without the list', () => {
  expect(() => parseAllowedCpus('Name:\tnode\n')).toThrow('Cpus_allowed_list')
})

it('this process may run somewhere', () => {
  expect(allowedCpus().length).toBeGreaterThan(0)
})
