import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { checkConfigFile, loadConfig } from './load.ts'
import { formatMistake } from './mistakes.ts'

const schema = z.strictObject({
  listen: z
    .strictObject({
      addresses: z.array(z.string()).max(2).default([]),
      udp: z.strictObject({ port: z.int().min(1).max(65_535).default(53) }).prefault({}),
    })
    .prefault({}),
  mode: z.enum(['full', 'on-demand']).default('full'),
  name: z.string().optional(),
  token: z.string().optional(),
  debug: z.boolean().default(false),
})

let dir = ''
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'meridian-config-'))
})
afterAll(() => rmSync(dir, { recursive: true }))

let files = 0
function write(text: string | Buffer): string {
  const file = join(dir, `config-${++files}.yaml`)
  writeFileSync(file, text)
  return file
}

type Env = Record<string, string>

function load(text: string, env: Env = {}, flags: Env = {}): z.output<typeof schema> {
  const loaded = loadConfig({ schema, file: write(text), env, flags })
  if (!loaded.ok) throw new Error(loaded.mistakes.map(formatMistake).join('\n'))
  return loaded.value
}

function mistakes(text: string, env: Env = {}, flags: Env = {}): readonly string[] {
  const file = write(text)
  const loaded = loadConfig({ schema, file, env, flags })
  if (loaded.ok) throw new Error('the config is good')
  return loaded.mistakes.map((mistake) => formatMistake(mistake).replace(file, 'edge.yaml'))
}

describe('loadConfig', () => {
  it('fills in defaults for a file of comments', () => {
    expect(load('# nothing yet\n')).toEqual({
      listen: { addresses: [], udp: { port: 53 } },
      mode: 'full',
      debug: false,
    })
  })

  it('freezes the value through and through', () => {
    const value = load('listen: { addresses: [a] }')
    expect(() => value.listen.addresses.push('b')).toThrow(TypeError)
    expect(() => Object.assign(value.listen.udp, { port: 1 })).toThrow(TypeError)
  })

  it('lets the environment go over the file, and flags over both', () => {
    const text = 'mode: full\nlisten: { udp: { port: 1 } }\n'
    const env = { MERIDIAN_MODE: 'on-demand', MERIDIAN_LISTEN_UDP_PORT: '2' }
    expect(load(text, env)).toMatchObject({ mode: 'on-demand', listen: { udp: { port: 2 } } })
    const flags = { 'listen.udp.port': '3' }
    expect(load(text, env, flags)).toMatchObject({ listen: { udp: { port: 3 } } })
  })

  it('reports every mistake of the file, the environment and the flags at once', () => {
    const text = [
      'lisen: {}',
      'listen:',
      '  udp:',
      '    port: 99999',
      '  addresses: [a, 5]',
      'mode: half',
      'debug: ${UNSET}',
      'mode: full',
    ].join('\n')
    const env = { MERIDIAN_LISTEN_UDP_PRT: '1', MERIDIAN_NAME: 'x' }
    expect(mistakes(text, env, { 'listen.pot': '1' })).toEqual([
      'edge.yaml:1:1: unknown key `lisen`, did you mean `listen`?',
      'edge.yaml:4:11: listen.udp.port: 99999 is not a whole number in 1..65535',
      'edge.yaml:5:18: listen.addresses[1]: 5 is not a string',
      'edge.yaml:6:7: mode: "half" is not one of full, on-demand',
      'edge.yaml:7:8: debug: "${UNSET}" names the environment variable UNSET, which is not set',
      'edge.yaml:8:1: duplicate key `mode`, it already stands in line 6',
      'MERIDIAN_LISTEN_UDP_PRT: fits no key of the configuration, did you mean `MERIDIAN_LISTEN_UDP_PORT`?',
      'flag listen.pot: fits no key of the configuration',
    ])
  })

  it('names the variable whose value is wrong', () => {
    expect(mistakes('', { MERIDIAN_LISTEN_UDP_PORT: 'dns', MERIDIAN_DEBUG: '' })).toEqual([
      'MERIDIAN_LISTEN_UDP_PORT: listen.udp.port: "dns" is not a whole number in 1..65535',
      'MERIDIAN_DEBUG: debug: "" is not true or false',
    ])
  })

  it.each([
    ['does not exist', 'absent.yaml'],
    ['is a directory, a file is wanted', '.'],
  ])('says that a file %s', (wanted, name) => {
    const file = join(dir, name)
    expect(loadConfig({ schema, file, env: {} })).toEqual({
      ok: false,
      mistakes: [{ file, path: '', wanted }],
    })
  })

  it('refuses a file over its bound and one that is not UTF-8', () => {
    const large = mistakes(`# ${'x'.repeat(16 * 1024 * 1024)}`)
    expect(large).toEqual(['edge.yaml: is larger than 16 MiB'])
    const latin = write(Buffer.from([0x61, 0x3a, 0x20, 0xe9]))
    expect(loadConfig({ schema, file: latin, env: {} })).toMatchObject({
      mistakes: [{ wanted: 'is not UTF-8 text' }],
    })
  })
})

describe('references in a config', () => {
  it('makes numbers and booleans of plain references', () => {
    const text = 'listen: { udp: { port: 1 } }\ndebug: ${DEBUG}\nmode: ${MODE:-full}\n'
    expect(load(text, { DEBUG: 'true' })).toMatchObject({ debug: true, mode: 'full' })
  })

  it('gives the text of the variable where a string is wanted', () => {
    const text = 'token: ${TOKEN}\nname: "${NAME}"\n'
    expect(load(text, { TOKEN: '0123', NAME: 'true' })).toMatchObject({
      token: '0123',
      name: 'true',
    })
  })

  it('reads ${file:…} beside the config file, without the newline at its end, as a string', () => {
    writeFileSync(join(dir, 'token'), '12345\n')
    expect(load('token: ${file:token}')).toMatchObject({ token: '12345' })
  })

  it('refuses a file that is absent or over its bound', () => {
    writeFileSync(join(dir, 'large'), 'x'.repeat(64 * 1024 + 1))
    expect(mistakes('name: ${file:nowhere}\ntoken: ${file:large}')).toEqual([
      'edge.yaml:1:7: name: (hidden) names the file nowhere, which does not exist',
      'edge.yaml:2:8: token: (hidden) names the file large, which is larger than 64 KiB',
    ])
  })
})

describe('checkConfigFile', () => {
  it('accepts references that lead nowhere, but not other mistakes', () => {
    const text = 'debug: ${UNSET}\ntoken: ${file:nowhere}\nlisten: { udp: { port: 0 } }\n'
    const found = checkConfigFile(schema, write(text)).map(({ path }) => path)
    expect(found).toEqual(['listen.udp.port'])
    expect(checkConfigFile(schema, write('debug: ${UNSET}'))).toEqual([])
  })

  it('still refuses what is not a reference', () => {
    const [mistake] = checkConfigFile(schema, write('name: ${not a name}'))
    expect(mistake?.wanted).toMatch(/^is not a reference/)
  })
})
