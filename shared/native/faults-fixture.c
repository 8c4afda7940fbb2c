/*
 * Preloaded by batch-faults.test.ts: makes sendmmsg and recvmmsg fail as a kernel can, which
 * loopback does not. SEND_FAULTS and RECEIVE_FAULTS have one number for each call: an errno; 0: the
 * call goes through; -n: it goes through for n messages. Calls after the last number go through.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

static int next_fault(const char *name, char **at) {
  if (*at == NULL) *at = getenv(name) != NULL ? getenv(name) : "";
  char *end;
  long fault = strtol(*at, &end, 10);
  *at = end;
  return (int)fault;
}

int sendmmsg(int fd, struct mmsghdr *messages, unsigned int n, int flags) {
  static char *at;
  int fault = next_fault("SEND_FAULTS", &at);
  if (fault > 0) return errno = fault, -1;
  int (*real)(int, struct mmsghdr *, unsigned int, int) = dlsym(RTLD_NEXT, "sendmmsg");
  return real(fd, messages, fault < 0 && (unsigned int)-fault < n ? (unsigned int)-fault : n, flags);
}

int recvmmsg(int fd, struct mmsghdr *messages, unsigned int n, int flags, struct timespec *timeout) {
  static char *at;
  int fault = next_fault("RECEIVE_FAULTS", &at);
  if (fault > 0) return errno = fault, -1;
  int (*real)(int, struct mmsghdr *, unsigned int, int, struct timespec *) = dlsym(RTLD_NEXT, "recvmmsg");
  return real(fd, messages, fault < 0 && (unsigned int)-fault < n ? (unsigned int)-fault : n, flags, timeout);
}
