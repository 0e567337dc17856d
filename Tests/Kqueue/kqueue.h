// kqueue(2): the system's own, or on Linux as much of it as poller_kqueue.c asks for, made of epoll,
// so that its code runs in this suite too.
#ifndef TELEPORT_KQUEUE_H
#define TELEPORT_KQUEUE_H

#ifdef __linux__

#include <stdint.h>
#include <time.h>

struct kevent {
    uintptr_t ident;
    int16_t filter;
    uint16_t flags;
    uint32_t fflags;
    intptr_t data;
    void *udata;
};

#define EV_SET(event, a, b, c, d, e, f) \
    (*(event) = (struct kevent){.ident = (a), .filter = (b), .flags = (c), .fflags = (d), .data = (e), .udata = (f)})

#define EVFILT_READ (-1)
#define EVFILT_WRITE (-2)
#define EVFILT_USER (-10)
#define EV_ADD 0x0001
#define EV_DELETE 0x0002
#define EV_CLEAR 0x0020
#define EV_EOF 0x8000
#define NOTE_TRIGGER 0x01000000

/// kqueue(2).
int kqueue(void);
/// kevent(2); a call makes changes or waits, not both, and EVFILT_USER is always EV_CLEAR.
int kevent(
    int queue, const struct kevent *changes, int change_count, struct kevent *events, int event_count,
    const struct timespec *timeout);

#else
#include <sys/types.h>
#include <sys/event.h>
#endif

#endif
