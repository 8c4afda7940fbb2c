import { expect, it } from 'vitest'
import { filesOf, findLines, isForTests, read, sources } from './files.ts'

/** A word in two parts, so that this file does not hold what it looks for. */
const word = (...parts: readonly string[]): string => parts.join('')

const product = sources().filter((file) => !isForTests(file))

it.each([
  {
    rule: 'has only named exports',
    files: sources(),
    pattern: /^export default\b/,
  },
  {
    rule: 'is imported from where it is written: no re-exports',
    files: sources(),
    pattern: /^export (type )?(\*|\{[^}]*\} from\b)/,
  },
  {
    rule: 'is erasable: no enum, no namespace, no parameter property',
    files: sources(),
    pattern: /^\s*(export )?(const )?(enum|namespace) \w|constructor\((private|public|readonly) /,
  },
  {
    rule: 'has nothing left to be done',
    files: [...sources(), ...filesOf('**/*.{yaml,yml,proto,md,sh}')],
    pattern: new RegExp(`\\b(${word('TO', 'DO')}|${word('FIX', 'ME')}|${word('XX', 'X')})\\b`),
  },
  {
    rule: 'runs every test',
    files: sources().filter((file) => file.endsWith('.ts')),
    pattern: /\b(it|test|describe|suite)(\.\w+)*\.(only|skip|todo|skipIf|runIf|fails)\b/,
  },
  {
    rule: 'has its time from shared/clock.ts',
    files: product.filter((file) => file !== 'shared/clock.ts'),
    pattern: /\bDate\.now\(|\bnew Date\(\)|\bperformance\.now\(/,
  },
  {
    rule: 'has its environment from shared/config',
    files: product.filter((file) => !file.startsWith('shared/config/')),
    pattern: /\bprocess\.env\b/,
  },
  {
    rule: 'names no path of the machine that it was written on',
    files: [
      ...sources(),
      ...filesOf('**/*.{md,yaml,yml,json,service,toml,go,mod}'),
      '.ci/run',
    ].filter((file) => file !== 'package-lock.json' && exists(file)),
    pattern: new RegExp(
      `(^|[^\\w.])/(${word('wo', 'rk')}|${word('ro', 'ot')}|${word('Us', 'ers')})/`,
    ),
  },
])('the source $rule', ({ files, pattern }) => {
  expect(findLines(files, pattern)).toEqual([])
})

/** Files above the wanted 300 lines, and why they are not two. */
const long: Readonly<Record<string, string>> = {
  'cli/objects.test.ts': 'one table of commands and what they send',
  'edge/query/decode.test.ts': 'the cases of one function',
  'edge/query/encode.test.ts': 'the cases of one function',
  'edge/steer/policies.test.ts': 'one search beside which all policies are held',
  'edge/table/reader.ts': 'when an answer is proved stands beside how it is found',
  'shared/dns/message.test.ts': 'the cases of one codec',
  'shared/dns/message.ts': 'one codec: both directions of each rdata stand together',
  'shared/snapshot-file.ts': 'one file format: its writer and its reader',
}

it('no file has more than 500 lines, and those above 300 say why', () => {
  const lengths = sources().map((file) => ({ file, lines: read(file).split('\n').length - 1 }))
  expect(lengths.filter(({ lines }) => lines > 500)).toEqual([])
  const above = lengths.filter(({ lines }) => lines > 300).map(({ file }) => file)
  expect(above).toEqual(Object.keys(long))
})

function exists(file: string): boolean {
  return filesOf(file).length > 0
}
