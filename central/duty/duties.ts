import type { Clock } from '../../shared/clock.ts'
import { MeridianError } from '../../shared/errors.ts'
import type { Logger } from '../../shared/log.ts'
import type { Startable } from '../../shared/startable.ts'
import type { HealthKeeper } from '../health/keeper.ts'
import type { LoadKeeper, LoadReport } from '../load/keeper.ts'
import type { MachineKeeper } from '../machines/keeper.ts'
import type { MachineKey } from '../model/events.ts'
import type { Registry } from '../registry/registry.ts'
import type { Bulletin } from './bulletin.ts'
import { Duty } from './duty.ts'
import type { Note } from './notes.ts'
import { SharedChecks } from './shared-checks.ts'

/** How often a central says that it lives, and which of its edges were heard. */
const TICK_MS = 1_000

type Writer = Pick<Registry, 'state' | 'onChange' | 'submit'>

/** Where the keepers hear of what came to other centrals. */
export interface DutyKeepers {
  readonly health: HealthKeeper
  readonly loads: Pick<LoadKeeper, 'hear'>
  readonly machines: Pick<MachineKeeper, 'heard'>
}

/** What a central that may have others beside it does alone, and what it tells them. */
export interface Duties extends Startable {
  readonly isOn: () => boolean
  /** Centrals that live, this one too. */
  readonly centrals: () => number
  /** The registry for what no person has asked for: takes changes only while the duty is on. */
  readonly registry: Writer
  readonly onRenewed: (at: MachineKey) => void
  readonly onReport: (report: LoadReport) => void
  /** Does what time brings about. */
  readonly tick: () => void
  /** Ties the keepers to those of other centrals; returns where edges are to be connected. */
  readonly share: (keepers: DutyKeepers) => Pick<HealthKeeper, 'connect'>
}

/** The duties of a central that has the log for itself. */
export function ownDuties(registry: Writer): Duties {
  return {
    isOn: () => true,
    centrals: () => 1,
    registry,
    onRenewed: () => undefined,
    onReport: () => undefined,
    tick: () => undefined,
    share: ({ health }) => health,
    start: async () => undefined,
    stop: async () => undefined,
  }
}

/** The duties of one of several centrals, which hear of each other by a bulletin. */
export function sharedDuties(parts: {
  readonly bulletin: Bulletin
  readonly registry: Writer
  readonly clock: Clock
  readonly logger: Logger
}): Duties {
  const { bulletin, registry } = parts
  const duty = new Duty(parts)
  let checks: SharedChecks | undefined
  let timer: NodeJS.Timeout | undefined
  const hear = (keepers: DutyKeepers, note: Note): void => {
    if (note.kind === 'renewed') for (const at of note.machines) keepers.machines.heard(at)
    if (note.kind !== 'loads') return
    for (const { app, cluster, machine, load } of note.loads) {
      keepers.loads.hear({ app, cluster, load, ...(machine === undefined ? {} : { machine }) })
    }
  }
  const tick = (): void => {
    duty.tick()
    checks?.tick(duty.centrals)
  }
  return {
    isOn: () => duty.isOn,
    centrals: () => duty.centrals.size,
    registry: {
      state: registry.state,
      onChange: (listener) => registry.onChange(listener),
      submit: (changeSet) => (duty.isOn ? registry.submit(changeSet) : Promise.reject(notOnDuty())),
    },
    onRenewed: ({ app, cluster, machine }) =>
      bulletin.post({ kind: 'renewed', machines: [{ app, cluster, machine }] }),
    onReport: (report) => bulletin.post({ kind: 'loads', loads: [report] }),
    tick,
    share: (keepers) => {
      bulletin.onNote((from, note) => {
        if (from !== bulletin.id) hear(keepers, note)
      })
      checks = new SharedChecks(keepers.health, bulletin)
      return checks
    },
    start: async () => {
      await bulletin.start()
      timer = setInterval(tick, TICK_MS)
      tick()
    },
    stop: async () => {
      clearInterval(timer)
      duty.leave()
      await bulletin.stop()
    },
  }
}

function notOnDuty(): MeridianError {
  return new MeridianError('MERIDIAN_LOG_READ_ONLY', 'another central writes what comes of reports')
}
