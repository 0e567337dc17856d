// The kqueue side of Sources/CShims/include/Poller.h under other names, so that a test can hold it
// against the one of the system.
#ifndef TELEPORT_CKQUEUE_H
#define TELEPORT_CKQUEUE_H

#include <stdint.h>

/// teleport_poller_create; the queue.
int kqueue_poller_create(void);
/// teleport_poller_close.
void kqueue_poller_close(int queue);
/// teleport_poller_set.
int kqueue_poller_set(int queue, int fd, uint32_t before, uint32_t now, uint64_t tag);
/// teleport_poller_wait; `events` and `tags` have room for 128.
int kqueue_poller_wait(int queue, uint32_t *events, uint64_t *tags, int timeout_milliseconds);
/// teleport_poller_wake.
void kqueue_poller_wake(int queue);

#endif
