/**
 * As much of `dig +short` as the documents use, by our own client, so that their commands run where no
 * dig is installed: `dig.ts +short @ADDRESS -p PORT NAME [TYPE]`. Refuses everything else.
 */
import { parseArgs } from 'node:util'
import { ask } from './dns-client.ts'

const { values, positionals } = parseArgs({
  options: { p: { type: 'string', short: 'p', default: '53' } },
  allowPositionals: true,
})
const server = positionals.find((arg) => arg.startsWith('@'))
const flags = positionals.filter((arg) => arg.startsWith('+'))
const [qname, qtype = 'A', ...rest] = positionals.filter((arg) => !/^[@+]/.test(arg))
if (server === undefined || qname === undefined || rest.length > 0 || flags.join() !== '+short') {
  throw new TypeError(`dig ${process.argv.slice(2).join(' ')}: the tests have no such dig`)
}
const { answers } = await ask({ address: server.slice(1), port: Number(values.p), qname, qtype })
for (const answer of answers) {
  if (answer.type === 'A' || answer.type === 'AAAA') process.stdout.write(`${answer.data}\n`)
}
