/*
 * Batch sockets: one call from JavaScript sends the answers of a batch of datagrams and waits for
 * the next batch (sendmmsg, recvmmsg). System calls only: the content of a datagram is never read.
 *
 * Sockets are named by numbers; that of a closed socket comes back after 4 million others, so one
 * that arrives late from another thread finds nothing, where a descriptor would find whatever was
 * opened since. `turn` and `close` belong to the thread that opened the socket; `wake` and `sendTo`
 * may come from any. Those hold `gate` for reading during their system call, which never blocks; a
 * socket leaves the table with `gate` held for writing, so nobody else uses its descriptors when they
 * are closed. (A duplicate for the other thread would keep a closed socket among those that
 * SO_REUSEPORT spreads the traffic over, and what the kernel gives it would be lost.)
 *
 * The memory of a batch is the caller's, and shared (SharedArrayBuffer): the kernel writes into it at
 * every turn, and shared memory can neither be transferred away nor shrink. Its parts, each at a
 * multiple of 64 bytes; batch-memory.ts makes the views of them and says what they hold:
 *   slots     batch * slotBytes
 *   peers     batch * 64            0: sockaddr_in or sockaddr_in6 of the sender, as the kernel writes it
 *                                  28: uint32, bytes of what follows; 0: answer from the bound address
 *                                  32: in_pktinfo or in6_pktinfo, the local address, as it is sent back
 *   lengths   2 * batch * uint32
 *   counters  COUNTERS * uint64
 */
#define _GNU_SOURCE
#define NAPI_VERSION 8
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <node_api.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SOCKETS_MAX = 1024, BATCH_MAX = 256, DATAGRAM_MAX = 65535, TIMEOUT_MAX_MS = 60000 };
enum { PEER_BYTES = 64, INFO_SIZE_AT = 28, INFO_AT = 32 };
/* A full send buffer is waited for so often, so long, in one turn. */
enum { SEND_WAITS = 5, SEND_WAIT_MS = 1 };
/* The kernel's drop counter costs a system call: so many batches apart, and when nothing comes. */
enum { DROPS_EVERY = 64 };
/* Of what SO_MEMINFO gives: SK_MEMINFO_* in linux/sock_diag.h, which not every libc brings. */
enum { MEMINFO_DROPS = 8, MEMINFO_VALUES = 9 };
static const uint32_t TRUNCATED_LENGTH = UINT32_MAX;

/* In the order of `counterNames` in batch-memory.ts. */
enum counter { RECEIVED, SENT, SEND_DROPPED, SEND_ERRORS, TRUNCATED, KERNEL_DROPS, BATCHES, POLLS,
               RECEIVE_ERRORS, COUNTERS };

#define ALIGNED(bytes) (((size_t)(bytes) + 63) / 64 * 64)

union address {
  struct sockaddr any;
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
};
union info {
  struct in_pktinfo v4;
  struct in6_pktinfo v6;
};
union control {
  struct cmsghdr head;
  unsigned char bytes[CMSG_SPACE(sizeof(union info))];
};

struct batch {
  int fd, wake_fd;
  bool v4, wildcard; /* wildcard: it has several local addresses, so each answer says its own */
  uint32_t size, slot_bytes, received, drops_seen, drops_in;
  napi_ref memory;
  unsigned char *peers;
  uint32_t *lengths;
  uint64_t *counters;
  struct mmsghdr in[BATCH_MAX], out[BATCH_MAX];
  struct iovec in_parts[BATCH_MAX], out_parts[BATCH_MAX];
  union control controls[BATCH_MAX];
};

/* `socket` is read with `gate` held, or by the owner, who alone writes it. */
static struct entry {
  _Atomic uint32_t id; /* 0: free */
  _Atomic(napi_env) owner;
  struct batch *socket;
} entries[SOCKETS_MAX];
static uint32_t generation;
static pthread_rwlock_t gate = PTHREAD_RWLOCK_INITIALIZER;

/* ---- arguments ---- */

/* Throws; NULL, for the caller to return. An exception that is there already stays. */
static _Thread_local char refusal[160];
#define refuse(env, ...) \
  (snprintf(refusal, sizeof refusal, __VA_ARGS__), napi_throw_type_error(env, NULL, refusal), NULL)

struct number { const char *name; uint32_t min, max; };
#define HANDLE {"handle", 1, UINT32_MAX}
#define NO_NUMBER {NULL, 0, 0}

/* Gets `n` arguments, and the values of those that are numbers. */
static bool arguments(napi_env env, napi_callback_info info, size_t n, const struct number *wanted,
                      napi_value *args, uint32_t *values) {
  size_t given = n;
  double d;
  napi_get_cb_info(env, info, &given, args, NULL, NULL);
  for (const struct number *w = wanted; w < wanted + n; w++) {
    if (w->name == NULL) continue;
    if (napi_get_value_double(env, args[w - wanted], &d) != napi_ok)
      return refuse(env, "%s: not a number, wanted is an integer in %u..%u", w->name, w->min, w->max);
    if (!(d >= w->min && d <= w->max) || d != (uint32_t)d)
      return refuse(env, "%s: %.15g is not an integer in %u..%u", w->name, d, w->min, w->max);
    values[w - wanted] = (uint32_t)d;
  }
  return true;
}

/* The bytes of a Uint8Array, at least `wanted`; `memory` is what they lie in. */
static unsigned char *octets(napi_env env, napi_value value, const char *name, size_t wanted,
                             napi_value *memory) {
  napi_typedarray_type type = napi_int8_array;
  size_t length = 0, offset;
  void *data = NULL;
  napi_get_typedarray_info(env, value, &type, &length, &data, memory, &offset);
  if (type != napi_uint8_array) return refuse(env, "%s: not a Uint8Array", name);
  if (length >= wanted && data != NULL) return data;
  return refuse(env, "%s: its %zu bytes are fewer than the %zu wanted", name, length, wanted);
}

static napi_value int32(napi_env env, int32_t number) {
  napi_value value = NULL;
  napi_create_int32(env, number, &value);
  return value;
}

/* ---- the table of sockets ---- */

static struct entry *named(uint32_t id) {
  struct entry *e = &entries[id % SOCKETS_MAX];
  return atomic_load(&e->id) == id ? e : NULL;
}

static struct entry *owned(napi_env env, uint32_t id) {
  struct entry *e = named(id);
  if (e != NULL && atomic_load(&e->owner) == env) return e;
  return refuse(env, "handle: %u is not an open socket of this thread", id);
}

/* Returns NULL when the table is full. */
static struct entry *enter(napi_env env, struct batch *s) {
  struct entry *e = entries;
  pthread_rwlock_wrlock(&gate);
  while (e < entries + SOCKETS_MAX && atomic_load(&e->id) != 0) e++;
  if (e < entries + SOCKETS_MAX) {
    generation = generation % (UINT32_MAX / SOCKETS_MAX) + 1;
    e->socket = s;
    atomic_store(&e->owner, env);
    atomic_store(&e->id, generation * SOCKETS_MAX + (uint32_t)(e - entries));
  }
  pthread_rwlock_unlock(&gate);
  return e < entries + SOCKETS_MAX ? e : NULL;
}

static void leave(napi_env env, struct entry *e) {
  struct batch *s = e->socket;
  pthread_rwlock_wrlock(&gate);
  atomic_store(&e->id, 0);
  atomic_store(&e->owner, NULL);
  pthread_rwlock_unlock(&gate);
  if (s->fd >= 0) close(s->fd);
  if (s->wake_fd >= 0) close(s->wake_fd);
  if (s->memory != NULL) napi_delete_reference(env, s->memory);
  free(s);
}

/* A thread that ends, in whatever way, takes its sockets with it. */
static void leave_all(void *env) {
  for (struct entry *e = entries; e < entries + SOCKETS_MAX; e++)
    if (atomic_load(&e->owner) == env) leave(env, e);
}

/* ---- sending and receiving ---- */

static void count(const struct batch *s, enum counter which, uint64_t by) {
  /* One writer: no locked instruction, only a store that is never seen in halves. */
  __atomic_store_n(&s->counters[which], s->counters[which] + by, __ATOMIC_RELAXED);
}

static void count_kernel_drops(struct batch *s) {
  uint32_t values[MEMINFO_VALUES] = {0};
  socklen_t size = sizeof values;
  s->drops_in = DROPS_EVERY;
  if (getsockopt(s->fd, SOL_SOCKET, SO_MEMINFO, values, &size) != 0) return;
  /* In 32 bits, in which the kernel's counter wraps. */
  count(s, KERNEL_DROPS, (uint32_t)(values[MEMINFO_DROPS] - s->drops_seen));
  s->drops_seen = values[MEMINFO_DROPS];
}

/* From what came with a datagram to its peer. The interface is left out but for link-local addresses:
   the route decides, because the way back of an anycast answer may be another one. */
static void keep_local(const struct batch *s, unsigned char *peer, struct msghdr *head) {
  union info info;
  struct cmsghdr *c = CMSG_FIRSTHDR(head);
  uint32_t size = s->v4 ? sizeof info.v4 : sizeof info.v6;
  if (c == NULL || c->cmsg_len != CMSG_LEN(size)) size = 0;
  else memcpy(&info, CMSG_DATA(c), size);
  if (size > 0 && s->v4) info.v4.ipi_ifindex = 0;
  else if (size > 0 && !IN6_IS_ADDR_LINKLOCAL(&info.v6.ipi6_addr)) info.v6.ipi6_ifindex = 0;
  /* RFC 4291 §2.7: multicast addresses must not be used as source addresses. */
  if (size > 0 && !s->v4 && IN6_IS_ADDR_MULTICAST(&info.v6.ipi6_addr)) size = 0;
  memcpy(peer + INFO_SIZE_AT, &size, sizeof size);
  memcpy(peer + INFO_AT, &info, size);
}

/* Makes `head` go to a peer, from the address that it asked; `control` must live as long. */
static void direct(struct msghdr *head, const struct batch *s, unsigned char *peer,
                   union control *control) {
  uint32_t size = 0, whole = s->v4 ? sizeof(struct in_pktinfo) : sizeof(struct in6_pktinfo);
  if (s->wildcard) memcpy(&size, peer + INFO_SIZE_AT, sizeof size);
  head->msg_name = peer;
  head->msg_control = size == whole ? control : NULL;
  head->msg_controllen = size == whole ? CMSG_SPACE(size) : 0;
  if (size != whole) return;
  control->head.cmsg_level = s->v4 ? IPPROTO_IP : IPPROTO_IPV6;
  control->head.cmsg_type = s->v4 ? IP_PKTINFO : IPV6_PKTINFO;
  control->head.cmsg_len = CMSG_LEN(size);
  memcpy(CMSG_DATA(&control->head), peer + INFO_AT, size);
}

static void send_answers(struct batch *s, uint32_t n) {
  uint32_t answers = 0, at = 0;
  int waits = 0;
  s->received = 0;
  for (uint32_t i = 0; i < n; i++) {
    uint32_t length = s->lengths[s->size + i];
    s->lengths[s->size + i] = 0;
    if (length > s->slot_bytes) count(s, SEND_ERRORS, 1);
    if (length == 0 || length > s->slot_bytes) continue;
    direct(&s->out[answers].msg_hdr, s, s->peers + (size_t)i * PEER_BYTES, &s->controls[i]);
    s->out_parts[answers++] = (struct iovec){s->in_parts[i].iov_base, length};
  }
  while (at < answers) {
    int sent = sendmmsg(s->fd, s->out + at, answers - at, MSG_DONTWAIT);
    if (sent > 0) {
      at += (uint32_t)sent;
      count(s, SENT, (uint64_t)sent);
    } else if (errno == EAGAIN) {
      if (waits++ == SEND_WAITS) return count(s, SEND_DROPPED, answers - at);
      poll(&(struct pollfd){s->fd, POLLOUT, 0}, 1, SEND_WAIT_MS);
    } else if (errno != EINTR) {
      /* No room in a queue, or refused (ICMP, firewall, no route): costs this answer only. */
      count(s, errno == ENOBUFS || errno == ENOMEM ? SEND_DROPPED : SEND_ERRORS, 1);
      at++;
    }
  }
}

static void take(struct batch *s, uint32_t n) {
  for (uint32_t i = 0; i < n; i++) {
    struct msghdr *head = &s->in[i].msg_hdr;
    bool whole = (head->msg_flags & MSG_TRUNC) == 0;
    s->lengths[i] = whole ? s->in[i].msg_len : TRUNCATED_LENGTH;
    if (!whole) count(s, TRUNCATED, 1);
    if (s->wildcard) {
      keep_local(s, s->peers + (size_t)i * PEER_BYTES, head);
      head->msg_controllen = sizeof(union control);
    }
    head->msg_namelen = s->out[i].msg_hdr.msg_namelen;
  }
  s->received = n;
  count(s, RECEIVED, n);
  count(s, BATCHES, 1);
  if (--s->drops_in == 0) count_kernel_drops(s);
}

/* Whether a datagram may be there; else the time is over, or a wake or a signal came. */
static bool wait_for_datagram(struct batch *s, int timeout_ms) {
  struct pollfd fds[] = {{s->fd, POLLIN, 0}, {s->wake_fd, POLLIN, 0}};
  uint64_t wakes;
  count(s, POLLS, 1);
  if (poll(fds, 2, timeout_ms) <= 0) return false;
  /* Reading sets it back; a wake that comes before the next wait is kept for that. */
  if (fds[1].revents != 0 && read(s->wake_fd, &wakes, sizeof wakes) < 0) return false;
  return fds[0].revents != 0;
}

/* Returns how many datagrams came, or the negative errno of a socket that will not work again. */
static int receive(struct batch *s, int timeout_ms) {
  for (int tries = 0; tries < 2; tries++) {
    int n = recvmmsg(s->fd, s->in, s->size, MSG_DONTWAIT, NULL);
    if (n > 0) {
      take(s, (uint32_t)n);
      return n;
    }
    if (n < 0 && errno != EAGAIN && errno != EINTR) {
      if (errno == EBADF || errno == ENOTSOCK || errno == EFAULT || errno == EINVAL) return -errno;
      /* Left by an earlier datagram, and taken away by having been told. */
      count(s, RECEIVE_ERRORS, 1);
      break;
    }
    if (tries == 0 && !wait_for_datagram(s, timeout_ms)) break;
  }
  count_kernel_drops(s);
  return 0;
}

/* ---- what JavaScript calls ---- */

enum { ADDRESS, MEMORY, PORT, SIZE, SLOT, RECEIVE_BUFFER, SEND_BUFFER, REUSE_PORT, OPTIONS };

static bool set(int fd, int level, int name, uint32_t value) {
  return setsockopt(fd, level, name, &value, sizeof value) == 0;
}

/* Above the system's limit (net.core.rmem_max, wmem_max) with CAP_NET_ADMIN only, else up to it. */
static bool set_buffer(int fd, int forced, int name, uint32_t bytes) {
  return bytes == 0 || set(fd, SOL_SOCKET, forced, bytes) || set(fd, SOL_SOCKET, name, bytes);
}

static bool bind_socket(struct batch *s, union address *at, socklen_t size, const uint32_t *number) {
  int ip = s->v4 ? IPPROTO_IP : IPPROTO_IPV6;
  s->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  s->fd = socket(at->any.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  /* RFC 9715 §3.1: answers are not to be fragmented; that they fit is the care of who writes them.
     OMIT believes no path MTU, so that a forged ICMP message cannot have answers cut, and sets no DF,
     so that a narrow path delivers all the same. TTL and traffic class (ECN) stay the system's. */
  return s->wake_fd >= 0 && s->fd >= 0 &&
    (s->v4 ? set(s->fd, ip, IP_MTU_DISCOVER, IP_PMTUDISC_OMIT)
           : set(s->fd, ip, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_OMIT) && set(s->fd, ip, IPV6_V6ONLY, 1)) &&
    (!s->wildcard || set(s->fd, ip, s->v4 ? IP_PKTINFO : IPV6_RECVPKTINFO, 1)) &&
    (number[REUSE_PORT] == 0 || set(s->fd, SOL_SOCKET, SO_REUSEPORT, 1)) &&
    set_buffer(s->fd, SO_RCVBUFFORCE, SO_RCVBUF, number[RECEIVE_BUFFER]) &&
    set_buffer(s->fd, SO_SNDBUFFORCE, SO_SNDBUF, number[SEND_BUFFER]) &&
    bind(s->fd, &at->any, size) == 0 && getsockname(s->fd, &at->any, &size) == 0;
}

static struct batch *create(const uint32_t *number, unsigned char *bytes, const union address *at,
                            socklen_t name_bytes) {
  struct batch *s = calloc(1, sizeof *s);
  if (s == NULL) return NULL;
  s->fd = s->wake_fd = -1;
  s->v4 = at->any.sa_family == AF_INET;
  s->wildcard = s->v4 ? at->v4.sin_addr.s_addr == INADDR_ANY : IN6_IS_ADDR_UNSPECIFIED(&at->v6.sin6_addr);
  s->size = number[SIZE];
  s->slot_bytes = number[SLOT];
  s->drops_in = DROPS_EVERY;
  s->peers = bytes + ALIGNED(s->size * s->slot_bytes);
  s->lengths = (uint32_t *)(void *)(s->peers + s->size * PEER_BYTES);
  s->counters = (uint64_t *)(void *)(s->peers + s->size * PEER_BYTES + ALIGNED(s->size * 8));
  for (size_t i = 0; i < s->size; i++) {
    s->in_parts[i] = (struct iovec){bytes + i * s->slot_bytes, s->slot_bytes};
    s->in[i].msg_hdr = (struct msghdr){
      .msg_name = s->peers + i * PEER_BYTES, .msg_iov = &s->in_parts[i],
      .msg_control = s->wildcard ? &s->controls[i] : NULL,
      .msg_controllen = s->wildcard ? sizeof(union control) : 0};
    s->out[i].msg_hdr = (struct msghdr){.msg_iov = &s->out_parts[i]};
    s->in[i].msg_hdr.msg_iovlen = s->out[i].msg_hdr.msg_iovlen = 1;
    s->in[i].msg_hdr.msg_namelen = s->out[i].msg_hdr.msg_namelen = name_bytes;
  }
  return s;
}

/* open(address, memory, port, batch, slotBytes, receiveBufferBytes, sendBufferBytes, reusePort) →
   [handle, port], or the negative errno. */
static napi_value open_socket(napi_env env, napi_callback_info info) {
  static const struct number wanted[OPTIONS] = {
    NO_NUMBER, NO_NUMBER, {"port", 0, 65535}, {"batch", 1, BATCH_MAX}, {"slotBytes", 1, DATAGRAM_MAX},
    {"receiveBufferBytes", 0, 1 << 30}, {"sendBufferBytes", 0, 1 << 30}, {"reusePort", 0, 1}};
  napi_value args[OPTIONS], memory = NULL, result;
  uint32_t number[OPTIONS];
  char text[64] = "";
  if (!arguments(env, info, OPTIONS, wanted, args, number)) return NULL;
  struct addrinfo *found = NULL, hints = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_DGRAM};
  if (napi_get_value_string_utf8(env, args[ADDRESS], text, sizeof text, NULL) != napi_ok ||
      getaddrinfo(text, NULL, &hints, &found) != 0)
    return refuse(env, "address: '%s' is not an IP address", text);
  union address at = {.v6 = {0}};
  socklen_t name_bytes = found->ai_addrlen;
  memcpy(&at, found->ai_addr, name_bytes);
  at.v6.sin6_port = htons((uint16_t)number[PORT]); /* sin_port lies there too */
  freeaddrinfo(found);
  size_t bytes_wanted = ALIGNED(number[SIZE] * number[SLOT]) + number[SIZE] * PEER_BYTES +
                        ALIGNED(number[SIZE] * 8) + COUNTERS * sizeof(uint64_t);
  unsigned char *bytes = octets(env, args[MEMORY], "memory", bytes_wanted, &memory);
  bool ordinary = true;
  if (bytes == NULL) return NULL;
  if (napi_is_arraybuffer(env, memory, &ordinary) != napi_ok || ordinary || (uintptr_t)bytes % 8 != 0)
    return refuse(env, "memory: not of a SharedArrayBuffer, from a multiple of 8 on");
  struct batch *s = create(number, bytes, &at, name_bytes);
  struct entry *e = s == NULL ? NULL : enter(env, s);
  if (e == NULL) return free(s), int32(env, s == NULL ? -ENOMEM : -EMFILE);
  int code = bind_socket(s, &at, name_bytes, number) ? 0 : errno;
  if (code == 0 && napi_create_reference(env, memory, 1, &s->memory) != napi_ok) code = ENOMEM;
  if (code != 0) return leave(env, e), int32(env, -code);
  napi_create_array(env, &result);
  napi_create_uint32(env, atomic_load(&e->id), &memory);
  napi_set_element(env, result, 0, memory);
  napi_set_element(env, result, 1, int32(env, ntohs(at.v6.sin6_port)));
  return result;
}

/* turn(handle, count, timeoutMs) → datagrams received, or the negative errno. */
static napi_value turn(napi_env env, napi_callback_info info) {
  static const struct number wanted[] = {HANDLE, {"count", 0, BATCH_MAX}, {"timeoutMs", 0, TIMEOUT_MAX_MS}};
  napi_value args[3];
  uint32_t number[3];
  struct entry *e;
  if (!arguments(env, info, 3, wanted, args, number) || !(e = owned(env, number[0]))) return NULL;
  if (number[1] > e->socket->received)
    return refuse(env, "count: %u answers to %u datagrams", number[1], e->socket->received);
  send_answers(e->socket, number[1]);
  return int32(env, receive(e->socket, (int)number[2]));
}

/* wake(handle) → whether it is open. */
static napi_value wake(napi_env env, napi_callback_info info) {
  napi_value args[1];
  uint32_t id;
  if (!arguments(env, info, 1, &(struct number)HANDLE, args, &id)) return NULL;
  pthread_rwlock_rdlock(&gate);
  struct entry *e = named(id);
  /* Fails only when its counter is full: then it is awake. */
  if (e != NULL) (void)eventfd_write(e->socket->wake_fd, 1);
  pthread_rwlock_unlock(&gate);
  napi_get_boolean(env, e != NULL, &args[0]);
  return args[0];
}

/* sendTo(handle, wire, length, peers, peerOffset) → 0, or the negative errno; EBADF: closed. */
static napi_value send_to(napi_env env, napi_callback_info info) {
  static const struct number wanted[] = {HANDLE, NO_NUMBER, {"length", 1, DATAGRAM_MAX}, NO_NUMBER,
                                         {"peerOffset", 0, INT32_MAX}};
  napi_value args[5], memory;
  uint32_t number[5];
  unsigned char *wire, *peers;
  if (!arguments(env, info, 5, wanted, args, number) ||
      !(wire = octets(env, args[1], "wire", number[2], &memory)) ||
      !(peers = octets(env, args[3], "peers", (size_t)number[4] + PEER_BYTES, &memory)))
    return NULL;
  union control control = {.bytes = {0}};
  struct iovec part = {wire, number[2]};
  struct msghdr head = {.msg_iov = &part, .msg_iovlen = 1};
  int code = EBADF;
  pthread_rwlock_rdlock(&gate);
  struct entry *e = named(number[0]);
  if (e != NULL) {
    head.msg_namelen = e->socket->out[0].msg_hdr.msg_namelen;
    direct(&head, e->socket, peers + number[4], &control);
    do code = sendmsg(e->socket->fd, &head, MSG_DONTWAIT) < 0 ? errno : 0;
    while (code == EINTR);
  }
  pthread_rwlock_unlock(&gate);
  return int32(env, -code);
}

/* close(handle): does nothing when it is closed; unsent answers of the last batch are not sent. */
static napi_value close_socket(napi_env env, napi_callback_info info) {
  napi_value args[1];
  uint32_t id;
  struct entry *e;
  if (!arguments(env, info, 1, &(struct number)HANDLE, args, &id)) return NULL;
  if (named(id) == NULL || (e = owned(env, id)) == NULL) return NULL;
  count_kernel_drops(e->socket);
  leave(env, e);
  return NULL;
}

/* giveWay(): lets the threads that wait for this core go first. */
static napi_value give_way(napi_env env, napi_callback_info info) {
  (void)env, (void)info;
  sched_yield();
  return NULL;
}

NAPI_MODULE_INIT() {
  static const struct { const char *name; napi_callback call; } functions[] = {
    {"open", open_socket}, {"turn", turn}, {"wake", wake}, {"sendTo", send_to}, {"close", close_socket},
    {"giveWay", give_way}};
  for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
    napi_value value;
    napi_create_function(env, functions[i].name, NAPI_AUTO_LENGTH, functions[i].call, NULL, &value);
    napi_set_named_property(env, exports, functions[i].name, value);
  }
  napi_add_env_cleanup_hook(env, leave_all, env);
  return exports;
}
