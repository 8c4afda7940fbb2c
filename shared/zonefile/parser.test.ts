import { describe, expect, test } from 'vitest'
import { readZoneFile } from './parser.ts'
import { readText, textSource } from './zonefile.fixture.ts'

describe('RFC 1035 §5.1: entries', () => {
  test.each([
    ['TTL, class and type in their order', 'a 60 IN A 192.0.2.1', 'a.example. 60 IN A 192.0.2.1'],
    ['class before TTL', 'a IN 60 A 192.0.2.1', 'a.example. 60 IN A 192.0.2.1'],
    ['no class', 'a 60 A 192.0.2.1', 'a.example. 60 IN A 192.0.2.1'],
    ['class and type in any case', 'a 60 in a 192.0.2.1', 'a.example. 60 IN A 192.0.2.1'],
    [
      'RFC 3597 §5: class and type as numbers',
      'a 60 CLASS1 TYPE1 \\# 4 C0000201',
      'a.example. 60 IN A 192.0.2.1',
    ],
    ['@ for the origin', '@ 60 NS @', 'example. 60 IN NS example.'],
    ['an escaped @ is a label', '\\@ 60 NS \\@', '\\064.example. 60 IN NS \\064.example.'],
    ['an absolute owner', 'a.test. 60 NS b.test.', 'a.test. 60 IN NS b.test.'],
    ['a dot that is escaped ends no absolute name', 'a\\. 60 NS .', 'a\\046.example. 60 IN NS .'],
    ['a backslash before the last dot', 'a\\\\. 60 NS .', 'a\\092. 60 IN NS .'],
    ['an owner that looks like a type', 'A 60 NS .', 'a.example. 60 IN NS .'],
    ['an owner that looks like a TTL', '60 60 NS .', '60.example. 60 IN NS .'],
    ['a wildcard', '* 60 NS .', '*.example. 60 IN NS .'],
    ['an escaped $', '\\$ORIGIN 60 NS .', '\\036origin.example. 60 IN NS .'],
    [
      'escapes of any octet',
      '\\000\\032\\ \\;\\(\\"\\255 60 NS .',
      '\\000\\032\\032\\059\\040\\034\\255.example. 60 IN NS .',
    ],
    [
      'parentheses over lines',
      'a 60 TXT ( x ; one\n\n  y ) z ; two',
      'a.example. 60 IN TXT "x" "y" "z"',
    ],
    ['parentheses in parentheses', 'a 60 (TXT (x) y)', 'a.example. 60 IN TXT "x" "y"'],
    ['a quoted semicolon and parenthesis', 'a 60 TXT "x;(" ";"', 'a.example. 60 IN TXT "x;(" ";"'],
    ['strings that touch', 'a 60 TXT "x""y"z', 'a.example. 60 IN TXT "x" "y" "z"'],
    ['tabs, CR and no end of the last line', 'a\t60\tNS\t.\r', 'a.example. 60 IN NS .'],
    ['a byte order mark', '\ufeffa 60 NS .', 'a.example. 60 IN NS .'],
    ['comments and empty lines', '; c\n\n  ; c\na 60 NS . ; c\n;', 'a.example. 60 IN NS .'],
  ])('%s', (_what, text, line) => {
    expect(readText(text)).toMatchObject({ lines: [line], mistakes: [] })
  })

  test('a blank at the beginning is the owner before', () => {
    const text = 'a 60 NS .\n  60 A 192.0.2.1\n\n; c\n\t60 A 192.0.2.2\nb 60 NS .'
    expect(readText(text).lines).toEqual([
      'a.example. 60 IN NS .',
      'a.example. 60 IN A 192.0.2.1',
      'a.example. 60 IN A 192.0.2.2',
      'b.example. 60 IN NS .',
    ])
  })

  test('the example of RFC 1035 §5.3', () => {
    const text = `@   IN  SOA     VENERA      Action\\.domains (
                                 20     ; SERIAL
                                 7200   ; REFRESH
                                 600    ; RETRY
                                 3600000; EXPIRE
                                 60)    ; MINIMUM

        NS      A.ISI.EXAMPLE.
        NS      VENERA
        MX      10      VENERA
A       A       192.0.2.103

VENERA  A       192.0.2.52
`
    expect(readText(text, { origin: 'isi.example' })).toMatchObject({
      lines: [
        'isi.example. 60 IN SOA VENERA.isi.example. Action\\046domains.isi.example. 20 7200 600 3600000 60',
        'isi.example. 60 IN NS A.ISI.EXAMPLE.',
        'isi.example. 60 IN NS VENERA.isi.example.',
        'isi.example. 60 IN MX 10 VENERA.isi.example.',
        'a.isi.example. 60 IN A 192.0.2.103',
        'venera.isi.example. 60 IN A 192.0.2.52',
      ],
      mistakes: [],
    })
  })
})

describe('TTL', () => {
  test.each([
    [
      'RFC 2308 §4: $TTL for those without one',
      '$TTL 60\na NS .\nb 5 NS .\nc NS .\n$TTL 1h\nd NS .',
      [60, 5, 60, 3600],
    ],
    [
      'RFC 1035 §5.1: else the last one that was written',
      'a 60 NS .\nb NS .\nc 5 NS .\nd NS .',
      [60, 60, 5, 5],
    ],
    [
      'else the minimum of the SOA, as BIND has it',
      'a SOA . . 1 2 3 4 5\nb NS .\nc 9 NS .\nd NS .',
      [5, 5, 9, 5],
    ],
    [
      'in units',
      'a 1h30m NS .\nb 1W2D NS .\nc 0 NS .\nd 2147483647 NS .',
      [5400, 777_600, 0, 2_147_483_647],
    ],
  ])('%s', (_what, text, ttls) => {
    const { records, mistakes } = readText(text)
    expect(mistakes).toEqual([])
    expect(records.map(({ ttl }) => ttl)).toEqual(ttls)
  })
})

test('$ORIGIN is relative to the origin before, and holds for what follows', () => {
  const text = '$TTL 60\na NS b\n$origin c\na NS b\n$ORIGIN test.\na NS b\n$ORIGIN .\na NS b'
  expect(readText(text).lines).toEqual([
    'a.example. 60 IN NS b.example.',
    'a.c.example. 60 IN NS b.c.example.',
    'a.test. 60 IN NS b.test.',
    'a. 60 IN NS b.',
  ])
})

test('a record has the place of its type', () => {
  const source = textSource('; c\na 60 ( \n IN A 192.0.2.1 )\n')
  expect([...readZoneFile(source)]).toMatchObject([{ ok: false }])
  const [item] = readZoneFile(source, { origin: 'example.' })
  expect(item).toMatchObject({ ok: true, place: { file: 'z', line: 3, column: 5 } })
})

test('records come as they are asked for, and what is behind them is not read', () => {
  let chunks = 0
  const source = {
    file: 'z',
    chunks: (function* () {
      for (;;) {
        chunks++
        yield Buffer.from('a.test. 60 NS .\n'.repeat(10))
      }
    })(),
  }
  const items = readZoneFile(source)
  for (let i = 0; i < 25; i++) expect(items.next().value).toMatchObject({ ok: true })
  expect(chunks).toBe(3)
})

test('lines may be cut between any two chunks', () => {
  const text = 'a 60 TXT ( "x y"\r\n z )\r\nb 60 NS .\n'
  const whole = readText(text).records
  for (let at = 0; at <= text.length; at++) {
    const chunks = [Buffer.from(text.slice(0, at)), Buffer.from(text.slice(at))]
    const items = [...readZoneFile({ file: 'z', chunks }, { origin: 'example.' })]
    expect(items.map((item) => (item.ok ? item.record : item.mistake))).toEqual(whole)
  }
})
