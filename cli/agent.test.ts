import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { stringify } from 'yaml'
import { callCli, createFolder, startFakeCentral } from './cli.fixture.ts'

const needed = ['agent', '--app', 'video.example', '--cluster', 'sfo', '--machine', 'vm-1']

describe('meridian agent refuses before it begins', () => {
  it.each([
    [['agent'], ['--app: is missing', '--cluster: is missing']],
    [[...needed, '--machine', 'VM_1'], ['--machine: "VM_1" is not an id']],
    [[...needed, '--port', '0'], ['--port: "0" is not a whole number in 1..65535']],
    [
      [...needed, '--lease-seconds', '4'],
      ['--lease-seconds: "4" is not a whole number in 5..3600'],
    ],
    [[...needed, '--load-command', '  '], ['--load-command: ']],
    [[...needed, '--load-seconds', '16'], ['--load-seconds: "16" is not a whole number in 1..15']],
    [[...needed, '--addresses', 'here'], ['is not an IPv4 or IPv6 address']],
    [[...needed, '--check', 'udp'], ['--check: "udp" is not tcp, http, or http:PATH']],
    [[...needed, '--check', 'tcp'], ['--port: is missing, the port that --check looks at']],
    [[...needed, '--terminate-url', 'ftp://h.example/'], ['--terminate-url: ']],
    [[...needed, '--central', 'nowhere'], ['--central: "nowhere" is not a URL']],
    [
      [...needed, '--central', 'http://127.0.0.1:1', '--url', 'http://127.0.0.1:1'],
      ['--url: stands beside --central'],
    ],
    [['agent', '--config', 'nothing.yaml'], ['nothing.yaml']],
  ])('%j', async (args, messages) => {
    const { code, err } = await callCli(args)
    expect(code).toBe(2)
    for (const message of messages) expect(err).toContain(message)
  })

  it('what a config file has wrong', async () => {
    const folder = createFolder()
    onTestFinished(folder.remove)
    const file = join(folder.path, 'agent.yaml')
    writeFileSync(file, stringify({ app: 'video.example', cluster: 'sfo', leaseSecond: 5 }))
    const { code, err } = await callCli(['agent', '--config', file])
    expect(code).toBe(2)
    expect(err).toContain('leaseSecond')
  })
})

it('meridian machines lists machines with the time that their lease has left', async () => {
  const machine = { app: 'video.example.', cluster: 'sfo', machine: 'vm-1' }
  const items = [
    {
      ...machine,
      addresses: ['192.0.2.1', '2001:db8::1'],
      port: 8080,
      state: 'in',
      endAfterDownSeconds: 90,
      leaseEndsEpoch: 0,
    },
    { ...machine, machine: 'vm-2', addresses: ['192.0.2.2'], state: 'out', why: 'failed-health' },
  ]
  const line = 'GET /v1/machines?app=video.example.&cluster=sfo&limit=1000'
  const central = await startFakeCentral({ [line]: { body: { items } } })
  onTestFinished(() => central.close())
  const args = ['machines', 'video.example', '--cluster', 'sfo', '--url', central.url]
  const { code, out } = await callCli(args)
  expect(code).toBe(0)
  expect(out.split('\n')).toEqual([
    'APP             CLUSTER  MACHINE  ADDRESSES               PORT  STATE               ENDS AFTER  LEASE',
    'video.example.  sfo      vm-1     192.0.2.1, 2001:db8::1  8080  in                       1m30s     0s',
    'video.example.  sfo      vm-2     192.0.2.2                  -  out: failed-health           -      -',
    '',
  ])
  const json = await callCli([...args, '--output', 'json'])
  expect(JSON.parse(json.out)).toEqual({ items })
})
