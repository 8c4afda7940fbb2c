import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { createFolder } from './cli.fixture.ts'
import { findTarget } from './target.ts'

const folder = createFolder()
afterAll(folder.remove)

const devUrl = 'http://127.0.0.1:7777'
const inside = join(folder.path, 'project', 'deep', 'inside')
const outside = join(folder.path, 'elsewhere')
mkdirSync(inside, { recursive: true })
mkdirSync(outside)
mkdirSync(join(folder.path, 'project', '.meridian'))
const devFile = join(folder.path, 'project', '.meridian', 'dev.json')
writeFileSync(devFile, JSON.stringify({ url: devUrl, token: 'dev-token', pid: 1, edges: [] }))
const tokenFile = join(folder.path, 'token')
writeFileSync(tokenFile, 'file-token\n')

describe('findTarget', () => {
  it.each([
    [
      '--url',
      { url: 'http://a.test/' },
      { MERIDIAN_URL: 'http://b.test' },
      inside,
      { url: 'http://a.test', from: '--url' },
    ],
    [
      'MERIDIAN_URL',
      {},
      { MERIDIAN_URL: 'https://b.test/base/' },
      inside,
      { url: 'https://b.test/base', from: 'MERIDIAN_URL' },
    ],
    [
      'dev.json above',
      {},
      { MERIDIAN_URL: '' },
      inside,
      { url: devUrl, from: devFile, token: 'dev-token' },
    ],
    ['the default', {}, {}, outside, { url: 'http://127.0.0.1:8053', from: 'the default' }],
  ])('takes %s', (_, options, env, cwd, target) => {
    expect(findTarget(options, env, cwd)).toEqual(target)
  })

  it('takes the token of --token-file, then MERIDIAN_TOKEN, then dev.json', () => {
    const env = { MERIDIAN_TOKEN: 'env-token' }
    expect(findTarget({ tokenFile }, env, inside).token).toBe('file-token')
    expect(findTarget({}, env, inside).token).toBe('env-token')
    expect(findTarget({}, {}, inside).token).toBe('dev-token')
  })

  it('gives the token of dev.json to its own central only', () => {
    expect(findTarget({ url: 'http://a.test' }, {}, inside).token).toBeUndefined()
    expect(findTarget({ url: `${devUrl}/` }, {}, inside).token).toBe('dev-token')
  })

  it.each([
    [
      { url: '127.0.0.1:8053' },
      {},
      '--url: "127.0.0.1:8053" is not a URL such as http://127.0.0.1:8053',
    ],
    [
      { url: 'ftp://a.test' },
      {},
      '--url: "ftp://a.test" is not a URL such as http://127.0.0.1:8053',
    ],
    [
      {},
      { MERIDIAN_URL: 'nonsense' },
      'MERIDIAN_URL: "nonsense" is not a URL such as http://127.0.0.1:8053',
    ],
    [
      { url: 'http://u:p@a.test' },
      {},
      '--url: a URL with a user or password is not wanted; use --token-file',
    ],
    [{ tokenFile: '/nowhere/token' }, {}, '--token-file: /nowhere/token does not exist'],
    [
      {},
      { MERIDIAN_TOKEN: 'two words' },
      'MERIDIAN_TOKEN holds no token: letters, digits and -._~+/ are wanted',
    ],
  ])('refuses %j and %j', (options, env, message) => {
    expect(() => findTarget(options, env, outside)).toThrow(message)
  })

  it('names what is wrong in dev.json', () => {
    const broken = join(folder.path, 'broken')
    mkdirSync(join(broken, '.meridian'), { recursive: true })
    writeFileSync(join(broken, '.meridian', 'dev.json'), '{ "url": "http://a.test", "edges": [] }')
    expect(() => findTarget({}, {}, broken)).toThrow(/dev\.json:1:1: token: is missing, a string/)
  })
})
