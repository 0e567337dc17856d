#if !defined(__linux__) || defined(TELEPORT_KQUEUE)

#include "include/Poller.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <time.h>
#include <unistd.h>
#ifdef TELEPORT_KQUEUE
#include "kqueue.h"
#else
#include <sys/types.h>
#include <sys/event.h>
#endif

_Static_assert(sizeof(void *) == sizeof(uint64_t), "a tag travels as a pointer");

// Reading and writing are two registrations here, filters, and the wake-up is a third kind.
static int apply(int queue, uintptr_t ident, int16_t filter, uint16_t flags, uint32_t notes, uint64_t tag) {
    struct kevent change;
    EV_SET(&change, ident, filter, flags, notes, 0, (void *)(uintptr_t)tag);
    // Without room for a report it returns at once, and a refusal is its answer.
    return kevent(queue, &change, 1, NULL, 0, NULL);
}

static int add(int queue, int fd, int16_t filter, uint64_t tag) {
    return apply(queue, (uintptr_t)fd, filter, EV_ADD, 0, tag);
}

static int drop(int queue, int fd, int16_t filter) {
    return apply(queue, (uintptr_t)fd, filter, EV_DELETE, 0, 0);
}

teleport_poller teleport_poller_create(void) {
    teleport_poller poller = {.queue = kqueue(), .wake = -1};
    if (poller.queue < 0) return poller;
    // EV_CLEAR: a wake-up is over once it was reported.
    if (fcntl(poller.queue, F_SETFD, FD_CLOEXEC) < 0 ||
        apply(poller.queue, 0, EVFILT_USER, EV_ADD | EV_CLEAR, 0, teleport_wake_tag) < 0) {
        int code = errno;
        teleport_poller_close(poller);
        poller.queue = -1;
        errno = code;
    }
    return poller;
}

void teleport_poller_close(teleport_poller poller) {
    if (poller.queue >= 0) close(poller.queue);
}

int teleport_poller_set(teleport_poller poller, int fd, uint32_t before, uint32_t now, uint64_t tag) {
    uint32_t more = now & ~before, less = before & ~now;
    int answer = 0;
    if (more & teleport_readable) answer = add(poller.queue, fd, EVFILT_READ, tag);
    if (answer == 0 && (more & teleport_writable)) {
        answer = add(poller.queue, fd, EVFILT_WRITE, tag);
        if (answer < 0 && (more & teleport_readable)) {
            int code = errno;
            drop(poller.queue, fd, EVFILT_READ);
            errno = code;
        }
    }
    if (answer == 0 && (less & teleport_readable)) answer = drop(poller.queue, fd, EVFILT_READ);
    if (answer == 0 && (less & teleport_writable)) answer = drop(poller.queue, fd, EVFILT_WRITE);
    return answer;
}

static uint32_t reported(const struct kevent *raw) {
    if (raw->filter == EVFILT_USER) return teleport_readable;
    uint32_t events = raw->filter == EVFILT_READ ? teleport_readable : teleport_writable;
    // The read filter says EV_EOF at an orderly end too, where epoll says no more than "readable".
    if ((raw->flags & EV_EOF) && raw->filter == EVFILT_WRITE) events |= teleport_hung_up;
    if ((raw->flags & EV_EOF) && raw->fflags != 0) events |= teleport_failed;
    return events;
}

int teleport_poller_wait(teleport_poller poller, teleport_event *events, int timeout_milliseconds) {
    struct kevent raw[TELEPORT_EVENTS_PER_WAIT];
    struct timespec time = {
        .tv_sec = timeout_milliseconds / 1000,
        .tv_nsec = (long)(timeout_milliseconds % 1000) * 1000000,
    };
    int count = kevent(
        poller.queue, NULL, 0, raw, TELEPORT_EVENTS_PER_WAIT, timeout_milliseconds < 0 ? NULL : &time);
    for (int i = 0; i < count; i++) {
        events[i].events = reported(&raw[i]);
        events[i].tag = (uint64_t)(uintptr_t)raw[i].udata;
    }
    return count;
}

void teleport_poller_wake(teleport_poller poller) {
    apply(poller.queue, 0, EVFILT_USER, 0, NOTE_TRIGGER, teleport_wake_tag);
}

#endif
