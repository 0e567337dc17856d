#ifdef __linux__

#define _GNU_SOURCE
#include "kqueue.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

// The filters of one descriptor.
struct note {
    struct note *next;
    int fd;
    bool reads, writes;
    void *read_data, *write_data;
};

// A queue is an epoll; its notes and its user event are found by its number.
struct queue {
    struct queue *next;
    int epoll, user;
    bool has_user;
    void *user_data;
    struct note *notes;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct queue *queues;

enum { batch = 128 };
static const uint64_t user_mark = UINT64_MAX;

static struct queue *queue_of(int epoll) {
    struct queue *queue = queues;
    while (queue && queue->epoll != epoll) queue = queue->next;
    return queue;
}

static struct note *note_of(struct queue *queue, int fd) {
    struct note *note = queue->notes;
    while (note && note->fd != fd) note = note->next;
    return note;
}

static int fail(int code) {
    errno = code;
    return -1;
}

int kqueue(void) {
    int epoll = epoll_create1(0), user = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (epoll < 0 || user < 0) return -1;
    struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.u64 = user_mark};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, user, &event) < 0) return -1;
    pthread_mutex_lock(&lock);
    // Nobody tells of a queue's close: what was kept of one is forgotten when its number comes again.
    struct queue *queue = queue_of(epoll);
    if (!queue) {
        queue = calloc(1, sizeof *queue);
        if (!queue) abort();
        queue->next = queues;
        queues = queue;
    } else {
        close(queue->user);
        for (struct note *note = queue->notes; note;) {
            struct note *next = note->next;
            free(note);
            note = next;
        }
        queue->notes = NULL;
        queue->has_user = false;
    }
    queue->epoll = epoll;
    queue->user = user;
    pthread_mutex_unlock(&lock);
    return epoll;
}

// Brings epoll up to date; ENOENT says that the descriptor was closed meanwhile.
static int settle(struct queue *queue, struct note *note, int operation) {
    struct epoll_event event = {.data.u64 = (uint64_t)note->fd};
    if (note->reads) event.events |= EPOLLIN | EPOLLRDHUP;
    if (note->writes) event.events |= EPOLLOUT;
    return epoll_ctl(queue->epoll, operation, note->fd, &event);
}

static int change_user(struct queue *queue, const struct kevent *change) {
    if (change->flags & EV_ADD) {
        if (!(change->flags & EV_CLEAR)) return fail(EINVAL);
        queue->has_user = true;
        queue->user_data = change->udata;
    }
    if (!queue->has_user) return fail(ENOENT);
    uint64_t one = 1;
    if ((change->fflags & NOTE_TRIGGER) && write(queue->user, &one, sizeof one) < 0) return -1;
    return 0;
}

static int change_note(struct queue *queue, const struct kevent *change) {
    bool reads = change->filter == EVFILT_READ;
    if (!reads && change->filter != EVFILT_WRITE) return fail(EINVAL);
    struct note *note = note_of(queue, (int)change->ident);
    if (!note) {
        note = calloc(1, sizeof *note);
        if (!note) return fail(ENOMEM);
        note->fd = (int)change->ident;
        note->next = queue->notes;
        queue->notes = note;
    }
    // The kernel forgets the filters of a descriptor that is closed.
    bool was_on = note->reads || note->writes;
    if (was_on && settle(queue, note, EPOLL_CTL_MOD) < 0) was_on = note->reads = note->writes = false;
    if (change->flags & EV_DELETE) {
        if (!(reads ? note->reads : note->writes)) return fail(fcntl(note->fd, F_GETFD) < 0 ? EBADF : ENOENT);
        *(reads ? &note->reads : &note->writes) = false;
        return settle(queue, note, note->reads || note->writes ? EPOLL_CTL_MOD : EPOLL_CTL_DEL);
    }
    bool before = reads ? note->reads : note->writes;
    if (!before && !(change->flags & EV_ADD)) return fail(ENOENT);
    *(reads ? &note->reads : &note->writes) = true;
    *(reads ? &note->read_data : &note->write_data) = change->udata;
    if (settle(queue, note, was_on ? EPOLL_CTL_MOD : EPOLL_CTL_ADD) == 0) return 0;
    *(reads ? &note->reads : &note->writes) = before;
    return -1;
}

static int report(struct queue *queue, const struct epoll_event *raw, struct kevent *events) {
    if (raw->data.u64 == user_mark) {
        uint64_t count;
        if (!queue->has_user || read(queue->user, &count, sizeof count) < 0) return 0;
        EV_SET(events, 0, EVFILT_USER, EV_CLEAR, NOTE_TRIGGER, 0, queue->user_data);
        return 1;
    }
    struct note *note = note_of(queue, (int)raw->data.u64);
    if (!note) return 0;
    int count = 0;
    uintptr_t ident = (uintptr_t)note->fd;
    uint32_t broken = raw->events & EPOLLERR ? EIO : 0;
    bool over = raw->events & (EPOLLERR | EPOLLHUP);
    if (note->reads && (over || raw->events & (EPOLLIN | EPOLLRDHUP))) {
        uint16_t end = over || raw->events & EPOLLRDHUP ? EV_EOF : 0;
        EV_SET(&events[count++], ident, EVFILT_READ, end, broken, 0, note->read_data);
    }
    if (note->writes && (over || raw->events & EPOLLOUT))
        EV_SET(&events[count++], ident, EVFILT_WRITE, over ? EV_EOF : 0, broken, 0, note->write_data);
    return count;
}

int kevent(
    int number, const struct kevent *changes, int change_count, struct kevent *events, int event_count,
    const struct timespec *timeout) {
    pthread_mutex_lock(&lock);
    struct queue *queue = queue_of(number);
    int answer = queue ? 0 : fail(EBADF);
    for (int i = 0; answer == 0 && i < change_count; i++)
        answer = changes[i].filter == EVFILT_USER ? change_user(queue, &changes[i])
                                                  : change_note(queue, &changes[i]);
    pthread_mutex_unlock(&lock);
    if (answer < 0 || event_count == 0) return answer;
    struct epoll_event raw[batch];
    // One report of epoll is up to two here.
    int room = event_count / 2 < batch ? event_count / 2 : batch;
    int found = epoll_pwait2(queue->epoll, raw, room, timeout, NULL);
    pthread_mutex_lock(&lock);
    int count = 0;
    for (int i = 0; i < found; i++) count += report(queue, &raw[i], events + count);
    pthread_mutex_unlock(&lock);
    return found < 0 ? -1 : count;
}

#endif
