/** Bounds of what may be registered. All are listed in `docs/reference/limits.md`. */

/** Addresses of one endpoint or cluster, both families together; 32 AAAA still fit in 1232 bytes. */
export const ADDRESSES_MAX = 32
/** Name servers of a zone; a referral with 13 and their glue is what the root has. */
export const NS_MAX = 13
/** Endpoints of one app: one per cluster. */
export const ENDPOINTS_MAX = 20_000
/** Clusters of one mesh. */
export const CLUSTERS_MAX = 20_000
/** Zones of one mesh: every edge holds them all. */
export const ZONES_MAX = 10_000
/** Networks of one mesh: every edge holds them all. */
export const NETWORKS_MAX = 20_000
/** Prefixes of one network. */
export const NETWORK_PREFIXES_MAX = 1000
/** Prefixes of all networks together: edges look each client up among them. */
export const NETWORK_PREFIXES_TOTAL_MAX = 100_000
/** Commands in one change set. */
export const CHANGE_COMMANDS_MAX = 500_000
/** Preconditions of one change set. */
export const PRECONDITIONS_MAX = 10_000
/** Body of one REST request, and the size of one manifest. */
export const BODY_MAX_BYTES = 64 * 1024 * 1024
/** The shortest and the longest TTL that an app or zone may ask for (a week, RFC 8767 §5). */
export const TTL_LIMIT_MAX_SECONDS = 604_800
/** The highest port (RFC 9293 §3.1). */
export const PORT_MAX = 65_535
/** Ids of protocols (ALPN) of one app. */
export const ALPN_IDS_MAX = 8
/** One of them: its length stands in one octet (RFC 7301 §3.1). */
export const ALPN_ID_MAX_CHARACTERS = 255
/** The greatest weight of an endpoint; among equally near ones the heavier is taken. */
export const WEIGHT_MAX = 1_000_000
/** The highest priority number of an endpoint, that of SRV (RFC 2782). */
export const PRIORITY_MAX = 65_535
/** The owner of an endpoint, in characters. */
export const OWNER_MAX_CHARACTERS = 200
/** The shortest time between two probes of an address: ten thousand checks on an edge are bearable. */
export const CHECK_INTERVAL_MIN_MS = 100
/** The longest: an hour. */
export const CHECK_INTERVAL_MAX_MS = 3_600_000
/** The most results in a row that may be wanted to turn an edge's opinion. */
export const CHECK_TIMES_MAX = 10
/** A name, path or header of a check. */
export const CHECK_TEXT_MAX_CHARACTERS = 255
/** Headers that an HTTP check sends. */
export const CHECK_HEADERS_MAX = 16
/** The text that an HTTP check looks for. */
export const CHECK_BODY_MAX_CHARACTERS = 1_000
/** The longest time that an endpoint is forced up or down, in seconds: 30 days. */
export const FORCE_MAX_SECONDS = 2_592_000
/** Why an endpoint is forced. */
export const FORCE_REASON_MAX_CHARACTERS = 500
/** Endpoints that are forced at a time: all of them are looked over when one expires. */
export const FORCED_MAX = 10_000
/** Machines that are registered at once, over all apps: each renews its lease every few seconds. */
export const MACHINES_MAX = 50_000
/** Leases that one request renews. */
export const RENEWALS_MAX = 1_000
/** Loads that one request reports. */
export const LOADS_MAX = 1_000
/** The highest load that is told of, in percent of what an endpoint can bear. */
export const LOAD_MAX_PERCENT = 1_000
/** Clusters of the fallback set of an app. */
export const FALLBACK_CLUSTERS_MAX = 100
/** The longest slow start of an endpoint that was down. */
export const SLOW_START_MAX_SECONDS = 3_600
/** The shortest time between two steps of what is withheld of an endpoint: so the log stays small. */
export const SHARE_STEP_MIN_SECONDS = 2
/** The longest time between two such steps of a region. */
export const SHARE_STEP_MAX_SECONDS = 3_600
/** Addresses of one machine. */
export const MACHINE_ADDRESSES_MAX = 4
/** The shortest lease: a machine that renews every third of it may miss one renewal. */
export const LEASE_MIN_SECONDS = 5
/** The longest: so long is a machine that has died in the answers. */
export const LEASE_MAX_SECONDS = 3_600
/** The shortest time that an endpoint has to be down until its machine is ended. */
export const END_AFTER_DOWN_MIN_SECONDS = 5
/** The longest: a day. */
export const END_AFTER_DOWN_MAX_SECONDS = 86_400
/** Windows of maintenance that are planned or in force: all of them are looked over at each border. */
export const MAINTENANCE_MAX = 10_000
/** The longest window of maintenance, in seconds: 30 days. */
export const MAINTENANCE_MAX_SECONDS = 2_592_000
/** Clusters to which one edge measures the round trips: the nearest; of the others distances are known. */
export const LATENCY_CLUSTERS_MAX = 1_000
/** The URL that ends a machine. */
export const TERMINATE_URL_MAX_CHARACTERS = 1_000
/** Filters of one policy. */
export const POLICY_FILTERS_MAX = 16
/** Clusters that one filter of a policy names, in one rule. */
export const POLICY_CLUSTERS_MAX = 500
/** Rules of one filter of a policy: there are 249 countries. */
export const POLICY_RULES_MAX = 300
/** Records of one rrset. */
export const RRSET_RECORDS_MAX = 1_000
/** Octets that the records of one rrset take in a message, of the 65,535 that it may have. */
export const RRSET_MAX_BYTES = 60_000
/** Static records of one mesh, over all zones. */
export const RECORDS_MAX = 4_000_000
