import { spawnSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fileSource } from '../../shared/zonefile/files.ts'
import { checkZoneFile } from '../../shared/zonefile/report.ts'
import { pops } from '../support/manifests.ts'
import { CentralUnderTest, EdgeUnderTest, TestFolder } from '../support/mesh.ts'
import { until } from '../support/program.ts'
import { requireTool } from './tools.ts'
import type { Way } from './zones/exchange.ts'
import { faultOverTcp, faultOverUdp, invented, isReferral, showFault } from './zones/faults.ts'
import { changeOf, manifestOf } from './zones/feed.ts'
import {
  doPeersAgree,
  essenceOf,
  isLoop,
  namesOfChain,
  peerDifferenceOf,
  peerDifferences,
} from './zones/judge.ts'
import type { Replies } from './zones/judge.ts'
import { questionsOf } from './zones/questions.ts'
import type { Question } from './zones/questions.ts'
import { repliesOf } from './zones/reply.ts'
import type { Reply } from './zones/reply.ts'
import { Stage } from './zones/stage.ts'
import { makeWorld } from './zones/world.ts'

/** Another seed makes other zones; names of faults have it in them. */
const seed = Number(process.env['TEST_ZONES_SEED'] ?? 1)
const WORLDS = 10
/** Questions about each world: to a full replica, after a change, and to one that asks for each name, then too. */
const QUESTIONS = 1200
const QUESTIONS_LATER = 500
const QUESTIONS_ON_DEMAND = 120

/** How long answers may change after a change, on a busy machine. */
const SETTLED_MS = 40_000

const seeds = Array.from({ length: WORLDS }, (_, i) => seed + i)
const worlds = seeds.map((each) => makeWorld(each))
/** The same apexes, and nothing else that is the same but by chance. */
const laterWorlds = seeds.map((each) => makeWorld(each, 1000 + each))
const first = new Stage(worlds)
const later = new Stage(laterWorlds)
const questions = worlds.flatMap((world) => questionsOf(world, QUESTIONS))
const questionsOnDemand = worlds.flatMap((world) => questionsOf(world, QUESTIONS_ON_DEMAND))

const folder = new TestFolder()
const central = new CentralUnderTest(folder)
const full = new EdgeUnderTest(folder, 'sfo', () => central.grpc, { replica: { kind: 'full' } })
const onDemand = new EdgeUnderTest(folder, 'lhr', () => central.grpc)
const edges = [full, onDemand]

beforeAll(async () => {
  await Promise.all([central.start(), first.start(), later.start()])
  await Promise.all(edges.map((edge) => edge.start()))
  await Promise.all(edges.map((edge) => edge.connected()))
  const manifest = { clusters: pops(), ...manifestOf(first.zones) }
  await central.call('POST', '/v1/changes?wait=edges', manifest)
})

afterAll(async () => {
  await Promise.all([first.end(), later.end(), ...edges.map((edge) => edge.end())])
  await central.end()
  folder.remove()
})

describe('the zones', () => {
  it.each([...first.files, ...later.files])('$apex is good here and for NSD', ({ apex, file }) => {
    const { mistakes, findings } = checkZoneFile(fileSource(file), { origin: apex })
    expect({ mistakes, errors: findings?.errors }).toEqual({ mistakes: [], errors: [] })
    const { status, stderr } = spawnSync(requireTool('nsd-checkzone', 'nsd'), [apex, file])
    expect({ status, said: String(stderr) }).toMatchObject({ status: 0 })
  })

  it.each([first, later])('are good for Knot', ({ knotConfig }) => {
    const args = ['-c', knotConfig, 'zone-check']
    const { status, stderr } = spawnSync(requireTool('knotc', 'knot'), args)
    expect({ status, said: String(stderr) }).toMatchObject({ status: 0 })
  })

  it('have all kinds of answers', async () => {
    const replies = await repliesOf(first.nsd.dns, questions, 'tcp')
    const chains = replies.map((reply, i) => namesOfChain(questions[i]?.qname ?? '.', reply).length)
    const has = (type: string) => (record: string) => record.split(' ')[2] === type
    const counts = {
      data: replies.filter(({ aa, answer }) => aa && answer.length > 0).length,
      nodata: replies.filter(
        ({ rcode, authority }) => rcode === 'NOERROR' && authority.some(has('SOA')),
      ).length,
      nxdomain: replies.filter(({ rcode }) => rcode === 'NXDOMAIN').length,
      referrals: replies.filter(isReferral).length,
      refused: replies.filter(({ rcode }) => rcode === 'REFUSED').length,
      tooLong: replies.filter(({ rcode }) => rcode === 'YXDOMAIN').length,
      redirected: replies.filter(({ answer }) => answer.some(has('DNAME'))).length,
      additional: replies.filter(({ additional }) => additional.length > 0).length,
      chains: chains.filter((names) => names > 3).length,
    }
    expect(Object.entries(counts).filter(([, count]) => count < 50)).toEqual([])
  })
})

it('NSD and Knot agree but for what is listed', async () => {
  const ofNsd = await repliesOf(first.nsd.dns, questions, 'tcp')
  const ofKnot = await repliesOf(first.knot.dns, questions, 'tcp')
  const all = together(questions, ofNsd, ofNsd, ofKnot)
  const differing = all.filter((replies) => !doPeersAgree(replies) && !isLoop(replies))
  const found = differing.map((replies) => peerDifferenceOf(replies, first.apexes)?.what)
  const unexplained = differing.filter((_, i) => found[i] === undefined)
  const faults = unexplained.map(({ question, nsd, knot }) =>
    showFault('they differ', question, { nsd, knot }, first.zones),
  )
  expect(shown(faults)).toBe(none)
  expect(differing.length / all.length).toBeLessThan(0.2)
  // What no longer differs is not to be listed.
  expect(new Set(found)).toEqual(new Set(peerDifferences.map(({ what }) => what)))
})

describe('a full replica', () => {
  answersAsPeers(full, first, questions, { holdsAll: true })
})

describe('an on-demand replica', () => {
  answersAsPeers(onDemand, first, questionsOnDemand, { holdsAll: false })
})

// What was asked above is known to the on-demand replica, which has to hear that it is another by now.
describe('after a change of everything', () => {
  beforeAll(async () => {
    const change = changeOf(first.zones, later.zones)
    await central.call('POST', '/v1/changes?wait=edges&confirm=true&diff=false', change)
  })

  it.each(edges)('$id heard of it by the stream that it has', async (edge) => {
    const counts = {
      connects: await edge.metric('meridian_edge_replica_connects_total'),
      rejects: await edge.metric('meridian_edge_replica_rejects_total'),
      version: await edge.metric('meridian_edge_replica_version'),
    }
    expect(counts).toEqual({ connects: 1, rejects: 0, version: await central.version() })
  })

  describe('a full replica', () => {
    const asked = [...worlds, ...laterWorlds].flatMap((world) =>
      questionsOf(world, QUESTIONS_LATER),
    )
    answersAsPeers(full, later, asked, { holdsAll: true })
  })

  describe('an on-demand replica', () => {
    const asked = laterWorlds.flatMap((world) => questionsOf(world, QUESTIONS_ON_DEMAND))
    answersAsPeers(onDemand, later, [...questionsOnDemand, ...asked], { holdsAll: false })
  })
})

/** Tests that an edge says what NSD and Knot of a stage do, over TCP and over UDP. */
function answersAsPeers(
  edge: EdgeUnderTest,
  stage: Stage,
  questions: readonly Question[],
  { holdsAll }: { readonly holdsAll: boolean },
): void {
  let overTcp: readonly Reply[] = []
  beforeAll(async () => {
    overTcp = await settled(edge, questions)
  })

  it('answers as NSD and Knot do', async () => {
    const ofNsd = await repliesOf(stage.nsd.dns, questions, 'tcp')
    const ofKnot = await repliesOf(stage.knot.dns, questions, 'tcp')
    const faults = together(questions, overTcp, ofNsd, ofKnot).flatMap((replies) => {
      const { question, ours, nsd, knot } = replies
      const what =
        faultOverTcp(replies, { apexes: stage.apexes, holdsAll }) ?? invented(ours, stage.records)
      return what === undefined ? [] : [showFault(what, question, { ours, nsd, knot }, stage.zones)]
    })
    expect(shown(faults)).toBe(none)
  })

  // The second time an on-demand replica has the names.
  it.each<Way>(['udp', 'udp without EDNS', 'udp'])('answers over %s as over TCP', async (way) => {
    const overUdp = await repliesOf(edge.dns, questions, way)
    const faults = questions.flatMap((question, i) => {
      const [udp, tcp] = [overUdp[i], overTcp[i]]
      if (udp === undefined || tcp === undefined) return [`${question.qname}: no answer`]
      const what = faultOverUdp(udp, tcp, { holdsAll }) ?? invented(udp, stage.records)
      return what === undefined ? [] : [showFault(what, question, { udp, tcp }, stage.zones)]
    })
    expect(shown(faults)).toBe(none)
  })
}

/** The answers over TCP once they stay as they are: what a change says is published bit by bit. */
async function settled(
  edge: EdgeUnderTest,
  questions: readonly Question[],
): Promise<readonly Reply[]> {
  let before = ''
  const stays = async (): Promise<readonly Reply[] | undefined> => {
    const replies = await repliesOf(edge.dns, questions, 'tcp')
    const now = replies.map(essenceOf).join('\n')
    if (now === before) return replies
    before = now
    return undefined
  }
  return until('answers that stay', stays, SETTLED_MS)
}

function together(
  questions: readonly Question[],
  ofUs: readonly Reply[],
  ofNsd: readonly Reply[],
  ofKnot: readonly Reply[],
): readonly Replies[] {
  return questions.flatMap((question, i) => {
    const [ours, nsd, knot] = [ofUs[i], ofNsd[i], ofKnot[i]]
    if (ours === undefined || nsd === undefined || knot === undefined) return []
    return [{ question, ours, nsd, knot }]
  })
}

/** Faults as a failed test shows them: how many, and a few to read. */
function shown(faults: readonly string[]): string {
  return `${faults.length} faults\n${faults.slice(0, 3).join('\n\n')}`
}

const none = '0 faults\n'
