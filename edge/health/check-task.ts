import { parseName } from '../../shared/dns/name.ts'
import { MeridianError } from '../../shared/errors.ts'
import { checkSchema } from '../../shared/registry/check-schema.ts'
import { ADDRESSES_MAX, PORT_MAX } from '../../shared/registry/limits.ts'
import { addressSchema, idSchema } from '../../shared/registry/schema.ts'
import type { CheckTask__Output } from '../../shared/rpc/generated/meridian/v1/CheckTask.ts'
import { healthStateOf } from '../../shared/rpc/health-states.ts'
import type { CheckTask } from './task.ts'

/**
 * Turns a task that central sends into one that can be worked on. Throws MERIDIAN_CENTRAL_INVALID, naming
 * the field, for one that cannot.
 */
export function checkTask(task: CheckTask__Output): CheckTask {
  const name = parseName(task.app)
  if (!name.ok) throw invalid('app', task.app, `a name; it ${name.reason}`)
  const cluster = idSchema.safeParse(task.cluster)
  if (!cluster.success) throw invalid('cluster', task.cluster, 'an id')
  const { addresses, port } = task
  if (addresses.length === 0 || addresses.length > ADDRESSES_MAX) {
    throw invalid('addresses', String(addresses.length), `1..${ADDRESSES_MAX} of them`)
  }
  for (const address of addresses) {
    if (!addressSchema.safeParse(address).success) throw invalid('addresses', address, 'addresses')
  }
  if (port > PORT_MAX) throw invalid('port', String(port), `0..${PORT_MAX}`)
  const check = checkSchema.safeParse(parseJson(task.check))
  if (!check.success) {
    const [issue] = check.error.issues
    const path = ['check', ...(issue?.path ?? [])].join('.')
    throw invalid(path, task.check, issue?.message ?? 'a check')
  }
  return {
    id: task.id,
    app: name.name,
    cluster: cluster.data,
    addresses,
    port: port === 0 ? undefined : port,
    check: check.data,
    state: healthStateOf(task.state) ?? 'unknown',
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw invalid('check', JSON.stringify(text.slice(0, 80)), 'JSON')
  }
}

function invalid(field: string, value: string, wanted: string): MeridianError {
  const message = `central sent the task ${field}: ${value.slice(0, 100)}, wanted is ${wanted}`
  return new MeridianError('MERIDIAN_CENTRAL_INVALID', message)
}
