import { z } from 'zod'
import { checkValue } from '../../shared/config/check.ts'
import { TTL_MAX } from '../../shared/dns/codes.ts'
import { parentOf } from '../../shared/dns/name.ts'
import type { Name } from '../../shared/dns/name.ts'
import { MeridianError } from '../../shared/errors.ts'
import { EXIT_OK } from '../../shared/exit.ts'
import { parseTtl } from '../../shared/records/ttl.ts'
import type { RrsetKey } from '../../shared/registry/rrset-schema.ts'
import { recordTypeSchema, rrsetSchema } from '../../shared/registry/rrset-schema.ts'
import type { Call } from '../call.ts'
import type { Item, Request, RestClient } from '../client.ts'
import { usageError } from '../failure.ts'
import { nameOperand, pathOf } from '../keys.ts'
import { globalOptions, limitOption, operand } from '../options.ts'
import type { Column } from '../output.ts'
import { renderJson, renderTable } from '../output.ts'
import { withProgress } from '../progress.ts'
import { openSession } from '../session.ts'
import { readStored } from './put.ts'
import { reportWrite, WAIT_DEADLINE_MS, waitQuery } from './written.ts'

const zoneOption = z.string().transform(nameOperand).optional()
const keyOptions = z.object({ ...globalOptions, zone: zoneOption })
const writeOptions = keyOptions.extend({ wait: z.boolean().default(false) })

const listOptions = z.object({
  ...globalOptions,
  name: z.string().optional(),
  type: z.string().transform(typeOperand).optional(),
  limit: limitOption,
})

/** One line for each record: the rrset stands in the first. */
const columns: readonly Column<Item>[] = [
  { title: 'name', of: (item) => item['name'] },
  { title: 'ttl', of: (item) => item['ttl'], align: 'right' },
  { title: 'type', of: (item) => item['type'] },
  { title: 'rdata', of: (item) => item['rdata'] },
  { title: 'version', of: (item) => item['version'], align: 'right' },
]

/** `meridian records list ZONE`. */
export async function listRecords(call: Call): Promise<number> {
  const { options, client } = openSession(listOptions, call)
  const apex = nameOperand(operand(call.args, 0))
  const query = { name: ownerText(options.name), type: options.type }
  const list = client.list(pathOf('zones', apex, 'rrsets'), query, options.limit)
  const items = await withProgress(call.io, 'reading', list)
  call.io.out(options.output === 'json' ? renderJson({ items }) : renderRrsets(items))
  return EXIT_OK
}

/** `meridian records get NAME TYPE`. */
export async function getRecords(call: Call): Promise<number> {
  const { options, client } = openSession(keyOptions, call)
  const { path } = await find(client, call, options.zone)
  const item = await client.get(path)
  call.io.out(options.output === 'json' ? renderJson(item) : renderRrsets([item]))
  return EXIT_OK
}

/** `meridian records put NAME TYPE TTL RDATA…`: all records of the name and type are replaced. */
export async function putRecords(call: Call): Promise<number> {
  const { options, client } = openSession(writeOptions, call)
  const key = keyOf(call, options.zone)
  const rrset = {
    ...key,
    ttl: ttlOperand(operand(call.args, 2)),
    rdata: call.args.slice(3),
  }
  const checked = checkValue(rrsetSchema, rrset, '')
  if (!checked.ok) {
    const faults = checked.mistakes.map(({ path, value, wanted }) =>
      [path, value, wanted].filter((part) => part !== undefined && part !== '').join(' '),
    )
    throw usageError(faults.join('\n'))
  }
  const { path, title } = await find(client, call, options.zone)
  const before = await readStored(client, path)
  const request: Request = {
    method: 'PUT',
    path,
    query: waitQuery(options),
    body: { ttl: checked.value.ttl, rdata: checked.value.rdata },
    deadlineMs: WAIT_DEADLINE_MS,
  }
  const answer = await withProgress(call.io, `writing ${title}`, client.expect(request))
  const after = client.read(z.object({ version: z.int() }), request, answer)
  const isSame = before?.item['version'] === after.version
  const verb = before === undefined ? 'created' : isSame ? 'no change of' : 'changed'
  return reportWrite(call.io, { verb, title, answer }, options)
}

/** `meridian records delete NAME TYPE`. */
export async function deleteRecords(call: Call): Promise<number> {
  const { options, client } = openSession(writeOptions, call)
  const { path, title } = await find(client, call, options.zone)
  const query = waitQuery(options)
  const request: Request = { method: 'DELETE', path, query, deadlineMs: WAIT_DEADLINE_MS }
  const answer = await withProgress(call.io, `deleting ${title}`, client.expect(request))
  const body = { deleted: title, version: Number(answer.version) }
  return reportWrite(call.io, { verb: 'deleted', title, answer: { ...answer, body } }, options)
}

function renderRrsets(items: readonly Item[]): string {
  const lines = items.flatMap((item) => {
    const rdata = z.array(z.unknown()).catch([]).parse(item['rdata'])
    return rdata.map((each): Item => ({ ...item, rdata: each }))
  })
  return renderTable(columns, lines)
}

/** Where central has an rrset. */
async function find(
  client: RestClient,
  call: Call,
  zone: Name | undefined,
): Promise<{ readonly path: string; readonly title: string }> {
  const { name, type } = keyOf(call, zone)
  const apex = zone ?? (await zoneAbove(client, name, type))
  return {
    path: pathOf('zones', apex, 'rrsets', name === '.' ? '@' : name, type),
    title: `rrset ${name} ${type}`,
  }
}

/** The zone that a name lies in: the nearest one that central has at or above it. */
async function zoneAbove(client: RestClient, name: Name, type: string): Promise<Name> {
  // RFC 4035 §2.4: DS records stand above the cut.
  let at: Name | undefined = type === 'DS' ? parentOf(name) : name
  for (; at !== undefined && at !== '.'; at = parentOf(at)) {
    if ((await readStored(client, pathOf('zones', at))) !== undefined) return at
  }
  const message = `${name} lies in no zone of central: put its zone first, see meridian zones list`
  throw new MeridianError('MERIDIAN_REQUEST_FAILED', message)
}

function keyOf({ args }: Call, zone: Name | undefined): RrsetKey {
  const owner = operand(args, 0)
  const type = typeOperand(operand(args, 1))
  if (owner !== '@') return { name: nameOperand(owner), type }
  if (zone === undefined) throw usageError('@ is the apex of a zone: --zone is wanted')
  return { name: zone, type }
}

function ownerText(owner: string | undefined): string | undefined {
  return owner === undefined || owner === '@' ? owner : nameOperand(owner)
}

function typeOperand(text: string): string {
  const checked = checkValue(recordTypeSchema, text, '')
  if (checked.ok) return checked.value
  throw usageError(`${JSON.stringify(text)} ${checked.mistakes[0]?.wanted ?? 'is not a type'}`)
}

function ttlOperand(text: string): number {
  const ttl = parseTtl(text)
  if (ttl !== undefined && ttl <= TTL_MAX) return ttl
  throw usageError(`${JSON.stringify(text)} is not a TTL in 0..${TTL_MAX} such as 3600 or 1h30m`)
}
