/*
 * The floor of the bench: what the kernel alone costs. One thread, one UDP socket of 127.0.0.1; a batch
 * of queries is received with one call, each gets the same address appended to its question, and the
 * batch is sent with one call. No names, no rules: nothing that answers over UDP can be cheaper by much.
 *
 * With PROCESSES so many share the port (SO_REUSEPORT), each with a socket of its own.
 *
 * usage: floor PORT ADDRESS [PROCESSES]
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
  BATCH = 64,
  HEADER_BYTES = 12,
  QUERY_MAX_BYTES = 512,
  RECORD_BYTES = 16,
  OPT_BYTES = 11,
  SLOT_BYTES = QUERY_MAX_BYTES + RECORD_BYTES + OPT_BYTES,
};

/* Owner: a pointer to the question; A, IN, TTL 3600, four octets, which main writes. */
static unsigned char record[RECORD_BYTES] = {0xc0, HEADER_BYTES, 0, 1, 0, 1, 0, 0, 0x0e, 0x10, 0, 4};
/* Owner: the root; OPT, UDP payload size 1232, version 0, no flags, no options. */
static const unsigned char opt[OPT_BYTES] = {0, 0, 41, 0x04, 0xd0};

static unsigned char slots[BATCH][SLOT_BYTES];
static struct sockaddr_in peers[BATCH];
static struct iovec vectors[BATCH];
static struct mmsghdr messages[BATCH];

/* Length of the header and the one question; 0 when there is none. */
static size_t question_end(const unsigned char *message, size_t length) {
  if (length < HEADER_BYTES || message[4] != 0 || message[5] != 1) return 0;
  size_t off = HEADER_BYTES;
  while (off < length && message[off] != 0) off += message[off] + 1u;
  off += 1 + 4;
  return off <= length ? off : 0;
}

/* Makes the answer of a query, in place; returns its length. */
static size_t answer(unsigned char *message, size_t length) {
  size_t end = question_end(message, length);
  if (length >= HEADER_BYTES) message[2] |= 0x84; /* QR, AA */
  if (end == 0) return length;
  int has_opt = message[11] != 0;
  message[7] = 1; /* ANCOUNT */
  memcpy(message + end, record, RECORD_BYTES);
  end += RECORD_BYTES;
  if (has_opt) {
    message[11] = 1; /* ARCOUNT */
    memcpy(message + end, opt, OPT_BYTES);
    end += OPT_BYTES;
  }
  return end;
}

static void fail(const char *what) {
  perror(what);
  exit(1);
}

int main(int argc, char **argv) {
  int processes = argc == 4 ? atoi(argv[3]) : 1;
  if (argc < 3 || argc > 4 || processes < 1 || processes > 64 || inet_pton(AF_INET, argv[2], record + RECORD_BYTES - 4) != 1) {
    fprintf(stderr, "usage: floor PORT ADDRESS [PROCESSES]\n");
    return 2;
  }
  struct sockaddr_in own = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[1]))};
  own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  for (int i = 1; i < processes; i++) {
    pid_t child = fork();
    if (child < 0) fail("fork");
    /* Ends with the first. */
    if (child == 0 && prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) fail("prctl");
    if (child == 0) break;
  }
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  if (fd < 0) fail("socket");
  int on = 1;
  if (setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0) fail("SO_REUSEPORT");
  if (bind(fd, (struct sockaddr *)&own, sizeof own) != 0) fail("bind");

  for (;;) {
    for (int i = 0; i < BATCH; i++) {
      vectors[i] = (struct iovec){.iov_base = slots[i], .iov_len = QUERY_MAX_BYTES};
      messages[i].msg_hdr = (struct msghdr){
          .msg_name = &peers[i], .msg_namelen = sizeof peers[i], .msg_iov = &vectors[i], .msg_iovlen = 1};
    }
    int count = recvmmsg(fd, messages, BATCH, MSG_WAITFORONE, NULL);
    if (count < 0 && errno != EINTR && errno != ECONNREFUSED) fail("recvmmsg");
    for (int i = 0; i < count; i++) vectors[i].iov_len = answer(slots[i], messages[i].msg_len);
    for (int sent = 0; sent < count;) {
      int more = sendmmsg(fd, messages + sent, (unsigned)(count - sent), 0);
      /* One that cannot be sent is lost, as datagrams may be. */
      sent += more > 0 ? more : 1;
    }
  }
}
