import { expect, it } from 'vitest'
import { createProgramPeer, findProgram } from './program-peer.ts'

const node = process.execPath

it('a program that is there has a version', async () => {
  expect(await findProgram([node, '--version'], /^v(\S+)/, 'none')).toEqual({
    version: process.versions.node,
  })
})

it('the version of one that says it with an error is read too', async () => {
  const script = 'console.error("server 1.2.3"); process.exit(1)'
  expect(await findProgram([node, '-e', script], /server (\S+)/, 'none')).toEqual({
    version: '1.2.3',
  })
})

it('a program that is not there is missing, with what to install', async () => {
  expect(await findProgram(['no-such-server'], /(.)/, 'apt-get install x')).toEqual({
    missing: 'apt-get install x',
  })
})

it('a program that names no version is not taken', async () => {
  expect(await findProgram([node, '-e', '1'], /(\d+)/, 'none')).toEqual({
    missing: `${node} -e 1 names no version`,
  })
})

const site = {
  clusters: [],
  apps: [{ name: 'a.example', endpoints: [], nearest: '192.0.2.1' }],
  cpus: { server: undefined, load: undefined },
}

it('a server that ends before it answers is told with what it has printed', async () => {
  const peer = createProgramPeer({
    name: 'broken',
    kind: 'other',
    find: () => Promise.resolve({ version: '1' }),
    configure: () => [node, '-e', 'console.log("no such option: x")'],
  })
  await expect(peer.start(site)).rejects.toThrow(/before it answered:\nno such option: x/)
})

it('a server that only passes on does not start without one behind it', async () => {
  const peer = createProgramPeer({
    name: 'forwarder',
    kind: 'other',
    isForwarder: true,
    find: () => Promise.resolve({ version: '1' }),
    configure: () => [],
  })
  await expect(peer.start(site)).rejects.toThrow('no server behind it')
})
