import type { Answer } from '../query/encode.ts'
import type { AnswerChoice } from '../table/choices.ts'
import type { Nodata } from './zones.ts'

/** Answers as they are kept with a name: its zone may change meanwhile. */

/** NODATA, for so many seconds at most; its SOA is that of the moment, so it is not kept whole. */
export type Refusal = number

type KeptDraw = readonly { readonly answer: Answer | Refusal; readonly upTo: number }[]

/** As `AnswerChoice`, with NODATA as it is kept. */
export type KeptChoice =
  | Answer
  | Refusal
  | KeptDraw
  | { readonly answers: readonly (Answer | Refusal)[]; readonly buckets: Uint8Array }

/** The answers, with the NODATA of the zone as it is now. */
export function withNodata(zone: Pick<Nodata, 'nodataFor'>, choice: KeptChoice): AnswerChoice {
  if (isSettled(choice)) return choice
  const settle = (answer: Answer | Refusal): Answer =>
    typeof answer === 'number' ? zone.nodataFor(answer) : answer
  if (typeof choice === 'number') return settle(choice)
  if (isDraw(choice)) return choice.map(({ answer, upTo }) => ({ answer: settle(answer), upTo }))
  return 'buckets' in choice ? { ...choice, answers: choice.answers.map(settle) } : choice
}

/** Whether there is no NODATA in it, as in nearly all. */
function isSettled(choice: KeptChoice): choice is AnswerChoice {
  if (typeof choice === 'number') return false
  if (isDraw(choice)) return choice.every(({ answer }) => typeof answer !== 'number')
  return !('buckets' in choice) || choice.answers.every((answer) => typeof answer !== 'number')
}

function isDraw(choice: Exclude<KeptChoice, Refusal>): choice is KeptDraw {
  return Array.isArray(choice)
}
