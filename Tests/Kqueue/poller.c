// The code under test itself, with names that may stand beside the system's poller.
#define TELEPORT_KQUEUE
#define teleport_poller_create poller_create
#define teleport_poller_close poller_close
#define teleport_poller_set poller_set
#define teleport_poller_wait poller_wait
#define teleport_poller_wake poller_wake
#include "../../Sources/CShims/poller_kqueue.c"

#include "CKqueue.h"

int kqueue_poller_create(void) { return poller_create().queue; }

void kqueue_poller_close(int queue) { poller_close((teleport_poller){queue, -1}); }

int kqueue_poller_set(int queue, int fd, uint32_t before, uint32_t now, uint64_t tag) {
    return poller_set((teleport_poller){queue, -1}, fd, before, now, tag);
}

int kqueue_poller_wait(int queue, uint32_t *events, uint64_t *tags, int timeout_milliseconds) {
    teleport_event found[TELEPORT_EVENTS_PER_WAIT];
    int count = poller_wait((teleport_poller){queue, -1}, found, timeout_milliseconds);
    for (int i = 0; i < count; i++) {
        events[i] = found[i].events;
        tags[i] = found[i].tag;
    }
    return count;
}

void kqueue_poller_wake(int queue) { poller_wake((teleport_poller){queue, -1}); }
