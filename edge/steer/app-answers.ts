import { giveWay } from '../../shared/native/give-way.ts'
import type { OwnVerdicts } from '../health/own-verdicts.ts'
import type { ClientPlaces } from '../locate/client-places.ts'
import type { Answer } from '../query/encode.ts'
import type { NameEntry } from '../replica/names.ts'
import type { ReplicaApp } from '../replica/model.ts'
import { isDrawn, isSticky } from '../table/choices.ts'
import type { AnswerChoice } from '../table/choices.ts'
import { appTypeOf } from './answer-records.ts'
import type { AppType } from './answer-records.ts'
import { decideSteering } from './decide.ts'
import { drawOne } from './draw.ts'
import { encodeDecision, encodePlanned, mayAnswer, subjectOf } from './encode-choices.ts'
import type { Subject } from './encode-choices.ts'
import { withNodata } from './kept-answers.ts'
import type { KeptChoice, Refusal } from './kept-answers.ts'
import { LocatedPlans } from './located-plans.ts'
import type { LocatedPlan } from './located.ts'
import type { SteerCounts } from './metrics.ts'
import { compiledPolicy } from './policies.ts'
import type { Topology } from './topology.ts'
import type { Nodata } from './zones.ts'

/** Answers that are made before data threads on the same core go first: a few microseconds each. */
const CHOICES_TO_GIVE_WAY = 128

/** Answers by the place of the client. */
export interface LocatedAnswer<T = AnswerChoice> {
  readonly plan: LocatedPlan
  /** Those of the plan. */
  readonly choices: readonly T[]
}

/** What is kept with a name for a type. */
export type AppAnswer = KeptChoice | LocatedAnswer<KeptChoice> | undefined

/** Whether the place of the client matters. */
export function isByPlace<T>(
  answer: Exclude<KeptChoice, Refusal> | LocatedAnswer<T>,
): answer is LocatedAnswer<T> {
  return 'plan' in answer
}

/** Who asks: numbers that `ClientLocator` found. */
export interface Asker {
  readonly location: number
  readonly bucket: number
}

/** The answer to one query, and what of the client it goes by. */
export interface GivenAnswer {
  /** Undefined for the NODATA of its zone. */
  readonly answer: Answer | undefined
  readonly by: 'nothing' | 'location' | 'bucket'
}

/** What answers were made for, beside the app itself. */
export interface Era {
  readonly topology: Topology
  /** Of this edge's own verdicts. */
  readonly generation: number
  /** Of the places of clients. */
  readonly revision: number
}

export interface AppAnswersOptions {
  readonly counts: SteerCounts
  /** What counts in place of central's verdicts. */
  readonly own: OwnVerdicts
  /** At least 0 and below 1. */
  readonly random: () => number
  /** Where clients can be. */
  readonly places: () => ClientPlaces
}

/** Makes the answers of apps, once for each topology, and keeps them with the name. */
export class AppAnswers {
  readonly #options: AppAnswersOptions
  readonly #plans = new LocatedPlans()
  #era: Era | undefined

  constructor(options: AppAnswersOptions) {
    this.#options = options
  }

  /** The answer to one query for a type. */
  answerOf(
    topology: Topology,
    zone: Pick<Nodata, 'nodataFor'>,
    entry: NameEntry,
    qtype: number,
    asker: Asker,
  ): GivenAnswer {
    const type = appTypeOf(qtype)
    let all = this.allOf(topology, zone, entry, type)
    let by: GivenAnswer['by'] = 'nothing'
    if (all !== undefined && isByPlace(all)) {
      by = 'location'
      all = this.#choiceOf(all, topology, zone, entry, type, asker.location)
    }
    if (all === undefined) return { answer: undefined, by }
    if (isSticky(all)) {
      return { answer: all.answers[all.buckets[asker.bucket] ?? 0], by: 'bucket' }
    }
    const answer = isDrawn(all) ? drawOne(all, this.#options.random())?.answer : all
    return { answer, by }
  }

  /** Whether the answers of a name go by the place of the client. */
  usesClient({ name, app }: NameEntry): boolean {
    return app !== undefined && compiledPolicy(this.#options.own.over(name, app).policy).usesClient
  }

  /**
   * The answer to a type, or those that one is chosen from; undefined for the NODATA of its zone. That to CNAME
   * is the answer to all types that are not among `appTypes`.
   */
  allOf(
    topology: Topology,
    zone: Pick<Nodata, 'nodataFor'>,
    entry: NameEntry,
    qtype: AppType,
  ): AnswerChoice | LocatedAnswer | undefined {
    const answer = this.#answerOf(topology, entry, qtype)
    if (answer === undefined) return undefined
    if (typeof answer === 'number' || !isByPlace(answer)) return withNodata(zone, answer)
    const choices = answer.choices.map((choice) => withNodata(zone, choice))
    return { plan: answer.plan, choices }
  }

  /** As `LocatedPlans.planAfter`, for the places as they are now. */
  planAfter(map: Uint16Array, topology: Topology): LocatedPlan | undefined {
    const { places, counts } = this.#options
    return this.#plans.planAfter(map, topology, places(), counts.excluded)
  }

  /** For a place that the plan does not know (any more): as any other, by itself. */
  #choiceOf(
    { plan, choices }: LocatedAnswer,
    topology: Topology,
    zone: Pick<Nodata, 'nodataFor'>,
    entry: NameEntry,
    qtype: AppType,
    location: number,
  ): AnswerChoice | undefined {
    const choice = plan.map[location] ?? 0
    if (choice > 0) return choices[choice - 1]
    if (entry.app === undefined) return undefined
    const client = this.#options.places().placeOf(location)
    const app = this.#options.own.over(entry.name, entry.app)
    const decision = decideSteering(app, qtype, topology, undefined, client)
    const made = encodeDecision(subjectOf(entry, app, qtype), decision)
    return made === undefined ? undefined : withNodata(zone, made)
  }

  /** The same object until something that all answers depend on has changed. */
  #eraOf(topology: Topology): Era {
    const { generation } = this.#options.own
    const { revision } = this.#options.places()
    const era = this.#era
    if (era?.topology !== topology || era.generation !== generation || era.revision !== revision) {
      this.#era = { topology, generation, revision }
      return this.#era
    }
    return era
  }

  #answerOf(topology: Topology, entry: NameEntry, qtype: AppType): AppAnswer {
    if (entry.app === undefined || !mayAnswer(entry.app, qtype)) return undefined
    const era = this.#eraOf(topology)
    if (entry.answersFor !== era || entry.answers === undefined) {
      entry.answers = this.#renewed(topology, entry, era)
      entry.answersFor = era
    }
    const known = entry.answers.get(qtype)
    if (known !== undefined || entry.answers.has(qtype)) return known
    const answer = this.#make(topology, entry, qtype)
    entry.answers.set(qtype, answer)
    return answer
  }

  /** What is left of the answers of a name in another era: where only places have changed, most of them. */
  #renewed(topology: Topology, entry: NameEntry, era: Era): Map<number, AppAnswer> {
    const { answers, answersFor, app } = entry
    const isSame = answersFor?.topology === era.topology && answersFor.generation === era.generation
    if (answers === undefined || app === undefined || !isSame) return new Map()
    if (!this.usesClient(entry)) return answers
    const renewed = new Map<number, AppAnswer>()
    for (const [qtype, answer] of answers) {
      if (answer === undefined || typeof answer === 'number' || !isByPlace(answer)) continue
      const over = this.#options.own.over(entry.name, app)
      const subject = subjectOf(entry, over, appTypeOf(qtype))
      renewed.set(qtype, this.#makeByPlace(topology, over, subject, answer))
    }
    return renewed
  }

  #make(topology: Topology, entry: NameEntry, qtype: AppType): AppAnswer {
    if (entry.app === undefined) return undefined
    const { own, counts } = this.#options
    const app = own.over(entry.name, entry.app)
    const subject = subjectOf(entry, app, qtype)
    if (compiledPolicy(app.policy).usesClient) return this.#makeByPlace(topology, app, subject)
    const { excluded } = counts
    const decision = decideSteering(app, qtype, topology, undefined, undefined, excluded)
    counts.decided(decision.chosen[0]?.place, topology)
    return encodeDecision(subject, decision)
  }

  /** `before`: of the same app and type, for other places. */
  #makeByPlace(
    topology: Topology,
    app: ReplicaApp,
    subject: Subject,
    before?: LocatedAnswer<KeptChoice>,
  ): AppAnswer {
    const { counts, places } = this.#options
    const { plan, listed } = this.#plans.planOf(
      app,
      subject.type,
      topology,
      places(),
      counts.excluded,
    )
    const choices = plan.choices.map((choice, i) => {
      const known = before?.plan.choices[i] === choice ? before.choices[i] : undefined
      if (known !== undefined) return known
      if (i % CHOICES_TO_GIVE_WAY === CHOICES_TO_GIVE_WAY - 1) giveWay()
      counts.decided(listed[choice.chosen[0] ?? -1]?.place, topology)
      return encodePlanned(subject, choice, listed)
    })
    // Without a choice it is CHOICE_NODATA, and there is none of that number.
    return plan.isUniform ? choices[(plan.map[0] ?? 0) - 1] : { plan, choices }
  }
}
