#if defined(__linux__) && !defined(TELEPORT_KQUEUE)

#include "include/Poller.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

// So that the kernel's bits need no translation.
_Static_assert(EPOLLIN == 0x01 && EPOLLOUT == 0x04, "epoll's bits to ask for");
_Static_assert(EPOLLERR == 0x08 && EPOLLHUP == 0x10, "epoll's bits to answer with");

static int control(int queue, int operation, int fd, uint32_t events, uint64_t tag) {
    struct epoll_event event = {.events = events, .data.u64 = tag};
    return epoll_ctl(queue, operation, fd, &event);
}

teleport_poller teleport_poller_create(void) {
    teleport_poller poller = {
        .queue = epoll_create1(EPOLL_CLOEXEC),
        .wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC),
    };
    // Edge-triggered: a wake-up is one write, and nobody has to read it away.
    if (poller.queue < 0 || poller.wake < 0 ||
        control(poller.queue, EPOLL_CTL_ADD, poller.wake, EPOLLIN | EPOLLET, teleport_wake_tag) < 0) {
        int code = errno;
        teleport_poller_close(poller);
        poller.queue = poller.wake = -1;
        errno = code;
    }
    return poller;
}

void teleport_poller_close(teleport_poller poller) {
    if (poller.queue >= 0) close(poller.queue);
    if (poller.wake >= 0) close(poller.wake);
}

int teleport_poller_set(teleport_poller poller, int fd, uint32_t before, uint32_t now, uint64_t tag) {
    // With nothing wanted the descriptor leaves: epoll would report a hang-up without end.
    if (now == 0) return control(poller.queue, EPOLL_CTL_DEL, fd, 0, 0);
    return control(poller.queue, before == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, now, tag);
}

int teleport_poller_wait(teleport_poller poller, teleport_event *events, int timeout_milliseconds) {
    // epoll_event is packed on some machines, so it is copied rather than imported.
    struct epoll_event raw[TELEPORT_EVENTS_PER_WAIT];
    int count = epoll_wait(poller.queue, raw, TELEPORT_EVENTS_PER_WAIT, timeout_milliseconds);
    for (int i = 0; i < count; i++) {
        events[i].events = raw[i].events;
        events[i].tag = raw[i].data.u64;
    }
    return count;
}

void teleport_poller_wake(teleport_poller poller) {
    uint64_t one = 1;
    // The counter cannot overflow, so only a signal can be in the way.
    while (write(poller.wake, &one, sizeof one) < 0 && errno == EINTR) {}
}

#endif
