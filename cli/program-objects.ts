import type { Command } from 'commander'
import { withExamples, type Bind } from './binding.ts'
import type { KindName } from './commands/objects.ts'

/** Adds `clusters`, `zones`, `networks`, `apps` and `endpoints`, each with list, get, put and delete. */
export function addObjectCommands(program: Command, bind: Bind): void {
  addClusters(program, bind)
  addZones(program, bind)
  addNetworks(program, bind)
  addApps(program, bind)
  addEndpoints(program, bind)
}

function addClusters(program: Command, bind: Bind): void {
  const clusters = program.command('clusters').description('places that run apps')
  addReads(clusters, 'clusters', ['<id>'], bind)
  const put = addPut(clusters, ['<id>'])
    .option('--latitude <degrees>', '-90 to 90, north is positive')
    .option('--longitude <degrees>', '-180 to 180, east is positive')
    .option('--country <code>', 'ISO 3166-1 alpha-2 code such as US')
    .option('--region <name>')
    .option('--city <name>')
    .option('--capacity <n>')
    .option('--address <address...>', 'for endpoints that name none of their own; replaces all')
    .option('--state <state>', 'active, draining or disabled')
  withExamples(
    put,
    'clusters put sfo --latitude 37.62 --longitude -122.38 --country US --address 192.0.2.1',
    'clusters put sfo --state draining --wait',
  )
  bind(put, async () => (await import('./commands/put.ts')).putCluster)
  withExamples(clusters, 'clusters list', 'clusters get sfo', 'clusters delete sfo')
}

function addZones(program: Command, bind: Bind): void {
  const zones = program.command('zones').description('DNS zones that the mesh serves')
  addReads(zones, 'zones', ['<apex>'], bind)
  zones.commands
    .find((command) => command.name() === 'delete')
    ?.option('--cascade', 'with its records; never with apps')
    .option('--confirm', 'for --cascade: it is meant to take them all away')
  const put = addPut(zones, ['<apex>'])
    .option('--ns <name...>', 'name servers; replaces all')
    .option('--ns-ttl <seconds>', 'TTL of the NS records')
  withExamples(put, 'zones put example.org --ns ns1.example.org ns2.example.org')
  bind(put, async () => (await import('./commands/put.ts')).putZone)
  withExamples(
    zones,
    'zones list',
    'zones get example.org',
    'zones delete example.org --cascade --confirm',
  )
}

function addNetworks(program: Command, bind: Bind): void {
  const networks = program.command('networks').description('where clients are, by their prefixes')
  addReads(networks, 'networks', ['<id>'], bind)
  const put = addPut(networks, ['<id>'])
    .option('--prefix <prefix...>', 'IPv4 and IPv6 prefixes of its clients; replaces all')
    .option('--cluster <id>', 'its clients are there; replaces coordinates')
    .option('--latitude <degrees>', '-90 to 90, north is positive; replaces the cluster')
    .option('--longitude <degrees>', '-180 to 180, east is positive; replaces the cluster')
    .option('--country <code>', 'ISO 3166-1 alpha-2 code such as US')
    .option('--region <name>')
    .option('--continent <code>', 'AF, AN, AS, EU, NA, OC or SA')
    .option('--asn <n>', 'number of the autonomous system')
  withExamples(
    put,
    'networks put office --prefix 192.0.2.0/24 2001:db8::/48 --cluster sfo',
    'networks put vpn --prefix 10.0.0.0/8 --latitude 51.5 --longitude -0.1 --country GB --wait',
  )
  bind(put, async () => (await import('./commands/put.ts')).putNetwork)
  withExamples(networks, 'networks list', 'networks get office', 'networks delete office')
}

function addApps(program: Command, bind: Bind): void {
  const apps = program.command('apps').description('names that users ask for')
  addReads(apps, 'apps', ['<name>'], bind)
    .option('--zone <apex>', 'only those under this zone')
    .option('--cluster <id>', 'only those with an endpoint there')
  const put = addPut(apps, ['<name>'])
    .option('--policy <policy>', 'how clusters are chosen: nearest')
    .option('--ttl-min <seconds>', 'the least TTL of an answer')
    .option('--ttl-max <seconds>', 'the greatest TTL of an answer')
    .option(
      '--alpn <id...>',
      'protocols that HTTPS and SVCB records tell, such as h2; replaces all',
    )
    .option('--service-port <port>', 'of the endpoints that give none')
  withExamples(
    put,
    'apps put video.example.org --ttl-max 60',
    'apps put video.example.org --alpn h2 h3',
  )
  bind(put, async () => (await import('./commands/put.ts')).putApp)
  withExamples(apps, 'apps list --cluster sfo', 'apps get video.example.org')
}

function addEndpoints(program: Command, bind: Bind): void {
  const endpoints = program.command('endpoints').description('one app on one cluster')
  addReads(endpoints, 'endpoints', ['<app>', '<cluster>'], bind)
  const put = addPut(endpoints, ['<app>', '<cluster>'])
    .option('--address <address...>', "to answer with; else the cluster's own; replaces all")
    .option('--target <name>', 'another name to send users to (CNAME); replaces addresses')
    .option('--port <port>')
    .option('--weight <n>', 'share among equals, 0 to 1000000')
    .option('--priority <n>', 'lower goes first, 0 to 65535')
    .option('--state <state>', 'active, draining or disabled')
  withExamples(
    put,
    'endpoints put video.example.org sfo --address 192.0.2.10 192.0.2.11',
    'endpoints put video.example.org ewr --weight 50 --wait',
    'endpoints put video.example.org lhr --target video.cdn.example',
  )
  bind(put, async () => (await import('./commands/put.ts')).putEndpoint)
  withExamples(
    endpoints,
    'endpoints list video.example.org',
    'endpoints delete video.example.org sfo',
  )
}

/** Adds list, get and delete; returns list, which some kinds give filters. */
function addReads(parent: Command, kind: KindName, keys: readonly string[], bind: Bind): Command {
  const list = parent
    .command('list')
    .description('list all, over as many pages as there are')
    .option('--limit <n>', 'at most so many')
  for (const key of keys.slice(0, -1)) list.argument(key)
  bind(list, async () => (await import('./commands/objects.ts')).listCommand(kind))

  const get = parent.command('get').description('show one')
  for (const key of keys) get.argument(key)
  bind(get, async () => (await import('./commands/objects.ts')).getCommand(kind))

  const remove = parent
    .command('delete')
    .description('delete one')
    .option('--wait', 'end when every connected edge serves the change')
  for (const key of keys) remove.argument(key)
  bind(remove, async () => (await import('./commands/objects.ts')).deleteCommand(kind))
  return list
}

function addPut(parent: Command, keys: readonly string[]): Command {
  const put = parent
    .command('put')
    .description('create one, or change the given fields of it and no others')
    .option('--wait', 'end when every connected edge serves the change')
  for (const key of keys) put.argument(key)
  return put
}
