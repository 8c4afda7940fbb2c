import { Option } from 'commander'
import type { Command } from 'commander'
import { withExamples, type Bind } from './binding.ts'

/** Adds the commands of machines that come and go: the agent, the list, and how busy they are. */
export function addMachineCommands(program: Command, bind: Bind): void {
  const agent = program
    .command('agent')
    .description(
      'register the machine that this runs on, and keep it registered while its service works',
    )
    .option('--config <file>', 'YAML file with what the flags below say, in place of them')
    .option('--app <name>', 'the app that the machine runs')
    .option('--cluster <id>', 'the cluster that it is in')
    .option('--machine <id>', 'its id; else its host name up to the first dot')
    .option('--addresses <ip...>', 'at most 4; else the one that its requests come from')
    .option('--port <n>', 'port of the service')
    .option('--lease-seconds <n>', 'without a renewal for so long it is taken out; 30, 5 to 3600')
    .option(
      '--end-after-down-seconds <n>',
      'central ends it when it is down for so long; 5 to 86400',
    )
    .option('--terminate-url <url>', 'what central calls to end it when its lease has ended')
    .option('--check <tcp|http[:path]>', 'look at the port of this machine before it is registered')
    .option('--check-seconds <n>', 'from one look to the next; 2, 1 to 60')
    .option('--fall <n>', 'bad looks in a row until it is unregistered; 3, 1 to 10')
    .option('--rise <n>', 'good looks in a row until it is registered again; 1, 1 to 10')
    .option(
      '--load-command <command>',
      'run this, and tell central the load that it prints, in percent',
    )
    .option('--load-seconds <n>', 'from one run to the next; 5, 1 to 15')
    .addOption(
      new Option(
        '--when-unhealthy <what>',
        'terminate: have central call --terminate-url then',
      ).choices(['leave', 'terminate']),
    )
    .option('--no-datagrams', 'renew by HTTP only, not by UDP datagrams where they get through')
    .option('--central <url...>', 'centrals, tried in order, at most 10; else as by --url')
    .option('--bootstrap <name>', 'find centrals by SRV of _meridian-central._tcp.NAME first')
    .addOption(
      new Option(
        '--bootstrap-scheme <scheme>',
        'how to talk to those that were found; https',
      ).choices(['https', 'http']),
    )
  withExamples(
    agent,
    'agent --app video.example --cluster sfo --port 8080 --check http:/healthz',
    "agent --app video.example --cluster sfo --load-command '/usr/local/bin/load --percent'",
    'agent --config agent.yaml',
  )
  bind(agent, async () => (await import('./commands/agent.ts')).runAgent)

  const machines = program
    .command('machines')
    .description(
      'list the machines that are registered, when their leases end, and how long they may be down',
    )
    .argument('[name]', 'those of one app; without it all')
    .option('--cluster <id>', 'only those on this cluster')
    .option('--limit <n>', 'at most so many')
  withExamples(machines, 'machines', 'machines video.example --cluster sfo --output json')
  bind(machines, async () => (await import('./commands/machines.ts')).listMachines)

  const load = program
    .command('load')
    .description('say how busy an endpoint is, for 30 s: policies with shed-load go by it')
    .argument('<app>')
    .argument('<cluster>')
    .argument('<percent>', 'of what it can bear; 0 to 1000')
  withExamples(load, 'load video.example sfo 85')
  bind(load, async () => (await import('./commands/load.ts')).reportLoad)

  const loads = program
    .command('loads')
    .description('list how busy endpoints are, as edges are told')
    .argument('[name]', 'those of one app; without it all')
    .option('--cluster <id>', 'only those on this cluster')
    .option('--limit <n>', 'at most so many')
  withExamples(loads, 'loads', 'loads video.example --output json')
  bind(loads, async () => (await import('./commands/load.ts')).listLoads)
}
