// Readiness of descriptors: epoll(7) on Linux, kqueue(2) elsewhere.
//
// Level-triggered: what is ready is reported by every wait until it is not or nobody asks. An error
// or a hang-up is reported whatever is wanted, as long as anything is. A registration has a tag;
// kqueue may report one twice in a wait, once to read and once to write.
#ifndef TELEPORT_POLLER_H
#define TELEPORT_POLLER_H

#include <stdint.h>

/// What may be wanted of a descriptor and is reported: bytes or the end of file, or room to write.
static const uint32_t teleport_readable = 0x01;
static const uint32_t teleport_writable = 0x04;
/// What is reported besides.
static const uint32_t teleport_failed = 0x08;
static const uint32_t teleport_hung_up = 0x10;

/// What a wake-up is reported with.
static const uint64_t teleport_wake_tag = UINT64_MAX;

/// The most reports that one wait returns.
#define TELEPORT_EVENTS_PER_WAIT 128

/// The descriptor to wait on and the one that wakes it up (-1 where one is both).
typedef struct {
    int queue;
    int wake;
} teleport_poller;

/// One report.
typedef struct {
    uint32_t events;
    uint64_t tag;
} teleport_event;

/// Makes a poller, close-on-exec; where that fails `queue` is -1 and errno says why.
teleport_poller teleport_poller_create(void);
/// Releases a poller; nobody may wait.
void teleport_poller_close(teleport_poller poller);
/// Changes what is wanted of a descriptor. Nothing before makes the registration, nothing now ends
/// it. -1 and errno where that fails; a registration that could not be made is not there.
int teleport_poller_set(teleport_poller poller, int fd, uint32_t before, uint32_t now, uint64_t tag);
/// Waits, without end for a negative number; `events` has room for TELEPORT_EVENTS_PER_WAIT. Answers
/// their count, or -1 and errno.
int teleport_poller_wait(teleport_poller poller, teleport_event *events, int timeout_milliseconds);
/// Ends the wait that is on, or the next one, with one report that nobody has to take back; callable
/// from any thread.
void teleport_poller_wake(teleport_poller poller);

#endif
