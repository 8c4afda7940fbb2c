import { setTimeout as wait } from 'node:timers/promises'
import { UdpClient } from '../client/udp-client.ts'
import type { Target } from '../client/udp-client.ts'
import type { BenchCentral } from '../mesh/central.ts'
import type { Changer } from '../mesh/changer.ts'
import { APEX } from '../mesh/workload.ts'
import { waitForAnswer } from '../scale/propagation.ts'

/** Between two changes: a few in a second. */
const PAUSE_MS = 300
/** Of so many changes one is an app that comes and goes. */
const GUEST_EVERY = 10
const GUEST = `guest.${APEX}`
const GUEST_ADDRESS = '192.0.2.100'

export interface SoakChanges {
  readonly central: BenchCentral
  readonly changer: Changer
  /** The edge that has to show every change. */
  readonly dns: Target
  readonly cluster: string
  /** Apps that are changed, from the first on. */
  readonly appCount: number
}

/** Changes apps until it is over, each seen to be served; returns how many. */
export async function keepChanging(
  { central, changer, dns, cluster, appCount }: SoakChanges,
  isOver: () => boolean,
): Promise<number> {
  let made = 0
  await UdpClient.with(dns, async (client) => {
    for (; !isOver(); made++) {
      if (made % GUEST_EVERY === 0) {
        const endpoints = [{ cluster, addresses: [GUEST_ADDRESS] }]
        await central.apply({ apps: [{ name: GUEST, endpoints }] })
        await waitForAnswer(client, GUEST, GUEST_ADDRESS)
        await central.call('DELETE', `/v1/apps/${GUEST}`)
        await waitForAnswer(client, GUEST, 'NXDOMAIN')
      } else {
        const { name, address, written } = changer.change(made % appCount)
        await written
        await waitForAnswer(client, name, address)
      }
      await wait(PAUSE_MS)
    }
  })
  return made
}
