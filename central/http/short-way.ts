import type { IncomingMessage, RequestListener } from 'node:http'
import { LOAD_MAX_PERCENT } from '../../shared/registry/limits.ts'
import type { LoadKeeper } from '../load/keeper.ts'
import type { MachineKeeper } from '../machines/keeper.ts'
import type { AsRegistered } from '../machines/renewal.ts'
import type { MachineKey } from '../model/events.ts'
import type { Registry } from '../registry/registry.ts'
import type { Identify } from './auth.ts'
import { bareAddress } from '../machines/remote-address.ts'

/** What answers on the short way. */
export interface ShortWayParts {
  readonly identify: Identify
  readonly machines: Pick<MachineKeeper, 'renew'>
  readonly loads: Pick<LoadKeeper, 'report'>
  readonly registry: Pick<Registry, 'version'>
}

/**
 * Answers `POST /v1/renewals/{app}/{cluster}/{machine}` before `listener` sees it, where it is written as
 * agents write it and the lease is renewed. Anything else, every refusal too, is left to `listener`, whose
 * route knows all forms: here is no answer that it would not give. Tens of thousands of machines send
 * little else, and hooks, schemas and replies would make each a third dearer (bench/micro/leases.ts).
 */
export function withShortWay(listener: RequestListener, parts: ShortWayParts): RequestListener {
  const { identify, machines, loads, registry } = parts
  return (request, response) => {
    const renewal = plainRenewalOf(request)
    const isRenewed =
      renewal !== undefined &&
      identify(request.headers.authorization).ok &&
      machines.renew(renewal.at, renewal.as) === 'renewed'
    if (!isRenewed) {
      listener(request, response)
      return
    }
    const { at, load } = renewal
    if (load !== undefined) loads.report({ ...at, load })
    response.writeHead(204, ['meridian-version', String(registry.version)])
    response.end()
  }
}

interface PlainRenewal {
  readonly at: MachineKey
  readonly as: AsRegistered
  readonly load: number | undefined
}

/** What a request asks to renew; undefined where it is another request, or is not plain. */
function plainRenewalOf(request: IncomingMessage): PlainRenewal | undefined {
  const { method, url = '', headers } = request
  if (method !== 'POST' || !url.startsWith(RENEWALS)) return undefined
  // A body would have to be read; an id has to be in the answer.
  if (headers['content-length'] !== '0' || headers['x-request-id'] !== undefined) return undefined
  const match = PLAIN.exec(url)
  if (match === null) return undefined
  const [, app = '', cluster = '', machine = '', version, from, percent] = match
  const load = percent === undefined ? undefined : Number(percent)
  if (load !== undefined && load > LOAD_MAX_PERCENT) return undefined
  // None of a socket that is closed: it matches no machine.
  const address = from && bareAddress(request.socket.remoteAddress ?? '')
  return { at: { app, cluster, machine }, as: { version: Number(version), address }, load }
}

const RENEWALS = '/v1/renewals/'

/** Names that are registered are canonical: one that needs another form to be found is not found here. */
const PLAIN =
  /^\/v1\/renewals\/([\w.-]+)\/([\w-]+)\/([\w-]+)\?version=(\d{1,15})(&from=machine)?(?:&load=(\d{1,4}(?:\.\d{1,9})?))?$/
