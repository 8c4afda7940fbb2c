import type { Clock } from '../../shared/clock.ts'
import type { Name } from '../../shared/dns/name.ts'
import { messageOf } from '../../shared/errors.ts'
import type { Logger } from '../../shared/log.ts'
import { SHARE_STEP_MIN_SECONDS } from '../../shared/registry/limits.ts'
import type { Startable } from '../../shared/startable.ts'
import type { Command } from '../model/decide.ts'
import type { Withheld } from '../model/events.ts'
import type { RegistryState } from '../model/state.ts'
import type { Registry } from '../registry/registry.ts'
import type { Touched } from '../registry/touched.ts'
import type { ShareStats } from './metrics.ts'
import { nextRegionPercent, regionTrends, slowStartPercent } from './shares.ts'
import type { RegionTrend } from './shares.ts'

/** How often it is looked at which step is due. */
const TICK_MS = 500
/** Apps whose regions are looked at in one tick: a hundred thousand take a tenth of a second. */
const LOOKS_PER_TICK_MAX = 20_000
/** Steps in one change; more wait for the next tick, so that none holds up the writes of others. */
export const SHARES_PER_CHANGE_MAX = 2_500

export interface ShareKeeperOptions {
  readonly registry: Pick<Registry, 'state' | 'onChange' | 'submit'>
  readonly clock: Clock
  readonly logger: Logger
}

/** A step that is due. */
interface Step {
  readonly command: Command & { readonly type: 'put-withheld' | 'put-region-withheld' }
  /** What it is paced by. */
  readonly key: string
}

/** When something was changed last, and (of an endpoint) when its slow start began, by the clock that does not jump. */
interface Pace {
  readonly sinceEpoch: number
  readonly beganAt: number
  changedAt: number
  /** Of a region: whether it is known that nothing is withheld of it any more. */
  isWhole: boolean
}

/**
 * Brings back what is withheld of endpoints that were down, and relieves regions, step by step, each an
 * event. All that it goes by is in the state, so that it goes on after a restart where it was. Between two
 * steps of one endpoint, or of one region of an app, are 2 s at least, and a change holds at most
 * `SHARES_PER_CHANGE_MAX` steps, one change a tick: so no flapping makes the log grow faster.
 */
export class ShareKeeper implements Startable {
  readonly #registry: ShareKeeperOptions['registry']
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #unsubscribe: () => void
  /** Apps whose regions are relieved. */
  readonly #regional = new Set<Name>()
  /** Those of them that are to be looked at anew. */
  readonly #stirred = new Set<Name>()
  readonly #trends = new Map<Name, ReadonlyMap<string, RegionTrend>>()
  readonly #paces = new Map<string, Pace>()
  readonly #steps = { 'slow-start': 0, region: 0 }
  /** Apps whose regions may have been changed right before this began; the log does not say of what is whole. */
  readonly #before = new Set<Name>()
  readonly #beganAt: number
  #timer: NodeJS.Timeout | undefined
  #writing: Promise<void> | undefined
  #isRefused = false

  /** Takes in all apps of the registry, and what is withheld as the log has it. */
  constructor({ registry, clock, logger }: ShareKeeperOptions) {
    this.#registry = registry
    this.#clock = clock
    this.#logger = logger
    for (const { value } of registry.state.apps.values()) {
      if (value.health?.regional === undefined) continue
      this.#stir(value.name)
      this.#before.add(value.name)
    }
    this.#beganAt = clock.nowMs()
    this.#unsubscribe = registry.onChange((touched) => this.#follow(touched))
  }

  get stats(): ShareStats {
    const { withheld, regions } = this.#registry.state
    return { endpoints: countIn(withheld), regions: countIn(regions), steps: this.#steps }
  }

  async start(): Promise<void> {
    this.#timer = setInterval(() => this.tick(), TICK_MS)
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    this.#unsubscribe()
    await this.#writing
  }

  /** Takes the steps that are due, and again those that could not be written. */
  tick(): void {
    const { state } = this.#registry
    let looks = LOOKS_PER_TICK_MAX
    for (const name of this.#stirred) {
      if (looks-- === 0) break
      this.#stirred.delete(name)
      const trends = regionTrends(state, name)
      if (trends.size === 0) this.#trends.delete(name)
      else this.#trends.set(name, trends)
    }
    if (this.#writing !== undefined) return
    const now = this.#clock.nowMs()
    if (this.#dueSteps(state, now).length > 0) this.#writing = this.#write(now)
    else this.#forgetPaces(now)
  }

  #follow({ names, clusters }: Touched): void {
    const { apps } = this.#registry.state
    for (const name of names) {
      if (apps.get(name)?.value.health?.regional !== undefined) this.#stir(name)
      else if (this.#regional.delete(name)) this.#trends.delete(name)
    }
    if (clusters.size === 0) return
    for (const name of this.#regional) {
      const endpoints = apps.get(name)?.endpoints
      for (const cluster of clusters) if (endpoints?.has(cluster) === true) this.#stirred.add(name)
    }
  }

  #stir(name: Name): void {
    this.#regional.add(name)
    this.#stirred.add(name)
  }

  #dueSteps(state: RegistryState, now: number): readonly Step[] {
    const steps: Step[] = []
    for (const step of this.#slowStarts(state, now)) {
      if (steps.push(step) === SHARES_PER_CHANGE_MAX) return steps
    }
    for (const step of this.#regionSteps(state, now)) {
      if (steps.push(step) === SHARES_PER_CHANGE_MAX) return steps
    }
    return steps
  }

  *#slowStarts(state: RegistryState, now: number): Iterable<Step> {
    for (const byCluster of state.withheld.values()) {
      for (const withheld of byCluster.values()) {
        const { app, cluster } = withheld
        const key = `${app} ${cluster}`
        const pace = this.#paceOf(key, withheld, now)
        if (now - pace.changedAt < SHARE_STEP_MIN_SECONDS * 1000) continue
        const seconds = state.apps.get(app)?.value.health?.slowStartSeconds ?? 0
        const percent = seconds === 0 ? 0 : slowStartPercent(now - pace.beganAt, seconds)
        if (percent >= withheld.percent) continue
        const { sinceEpoch } = withheld
        const next = { app, cluster, percent, sinceEpoch }
        yield { command: { type: 'put-withheld', withheld: next }, key }
      }
    }
  }

  *#regionSteps(state: RegistryState, now: number): Iterable<Step> {
    for (const [app, trends] of this.#trends) {
      for (const [region, trend] of trends) yield* this.#regionStep(state, app, region, trend, now)
    }
    for (const [app, byRegion] of withheldRegions(state)) {
      for (const region of byRegion.keys()) {
        if (this.#trends.get(app)?.has(region) === true) continue
        yield* this.#regionStep(state, app, region, 'less', now)
      }
    }
  }

  *#regionStep(
    state: RegistryState,
    app: Name,
    region: string,
    trend: RegionTrend,
    now: number,
  ): Iterable<Step> {
    const regional = state.apps.get(app)?.value.health?.regional
    if (regional === undefined) return
    const before = state.regions.get(app)?.get(region)
    // A region may hold a blank, a name and an id do not.
    const key = `${app} region ${region}`
    const pace = before === undefined ? this.#paces.get(key) : this.#paceOf(key, before, now)
    if (before === undefined && pace?.isWhole === false) {
      // Another central has taken the last step.
      pace.isWhole = true
      pace.changedAt = now
    }
    const changedAt = pace?.changedAt ?? (this.#before.has(app) ? this.#beganAt : -Infinity)
    if (now - changedAt < regional.everySeconds * 1000) return
    const percent = nextRegionPercent(before?.percent ?? 0, trend, regional.step)
    if (percent === (before?.percent ?? 0)) return
    const withheld = { app, region, percent, sinceEpoch: this.#clock.epochMs() }
    yield { command: { type: 'put-region-withheld', withheld }, key }
  }

  /** Of what the log says: after a restart it was changed as long ago as the wall clock says. */
  #paceOf(key: string, { sinceEpoch }: Withheld, now: number): Pace {
    const known = this.#paces.get(key)
    if (known?.sinceEpoch === sinceEpoch) return known
    const beganAt = now - Math.max(0, this.#clock.epochMs() - sinceEpoch)
    const changedAt = Math.max(beganAt, known?.changedAt ?? beganAt)
    const pace = { sinceEpoch, beganAt, changedAt, isWhole: false }
    this.#paces.set(key, pace)
    return pace
  }

  /** What nothing is withheld of any more, and was not for as long as any pace is. */
  #forgetPaces(now: number): void {
    const { withheld, regions } = this.#registry.state
    if (this.#paces.size <= countIn(withheld) + countIn(regions)) return
    for (const [key, { changedAt }] of this.#paces) {
      if (now - changedAt > PACE_KEPT_MS) this.#paces.delete(key)
    }
  }

  async #write(now: number): Promise<void> {
    let steps: readonly Step[] = []
    let refusal: string | undefined
    try {
      const result = await this.#registry.submit({
        plan: (state) => {
          steps = this.#dueSteps(state, now)
          return steps.map(({ command }) => command)
        },
        actor: 'system',
        cause: 'share',
      })
      if (!result.ok) refusal = result.rejection.detail
    } catch (err) {
      refusal = messageOf(err)
    }
    this.#writing = undefined
    if (refusal === undefined) for (const step of steps) this.#noteStep(step, now)
    else if (!this.#isRefused) {
      this.#logger.warn({ steps: steps.length, detail: refusal }, 'shares cannot be written')
    }
    this.#isRefused = refusal !== undefined
  }

  #noteStep({ command, key }: Step, now: number): void {
    const { sinceEpoch, percent } = command.withheld
    const beganAt = this.#paces.get(key)?.beganAt ?? now
    this.#paces.set(key, { sinceEpoch, beganAt, changedAt: now, isWhole: percent === 0 })
    this.#steps[command.type === 'put-withheld' ? 'slow-start' : 'region']++
  }
}

/** Longer than any time between two steps. */
const PACE_KEPT_MS = 4_000_000

function* withheldRegions(
  state: RegistryState,
): Iterable<readonly [Name, ReadonlyMap<string, Withheld>]> {
  for (const app of state.regions.keys()) {
    const byRegion = state.regions.get(app)
    if (byRegion !== undefined) yield [app, byRegion]
  }
}

function countIn(table: RegistryState['withheld'] | RegistryState['regions']): number {
  let count = 0
  for (const byPlace of table.values()) count += byPlace.size
  return count
}
