#define _GNU_SOURCE
#include "CShims.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

const uint32_t teleport_epoll_in = EPOLLIN;
const uint32_t teleport_epoll_out = EPOLLOUT;
const uint32_t teleport_epoll_error = EPOLLERR;
const uint32_t teleport_epoll_hangup = EPOLLHUP;
const uint32_t teleport_epoll_edge = EPOLLET;

int teleport_epoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

static int control(int epoll, int operation, int fd, uint32_t events, uint64_t tag) {
    struct epoll_event event = {.events = events, .data.u64 = tag};
    return epoll_ctl(epoll, operation, fd, &event);
}

int teleport_epoll_add(int epoll, int fd, uint32_t events, uint64_t tag) {
    return control(epoll, EPOLL_CTL_ADD, fd, events, tag);
}

int teleport_epoll_change(int epoll, int fd, uint32_t events, uint64_t tag) {
    return control(epoll, EPOLL_CTL_MOD, fd, events, tag);
}

int teleport_epoll_remove(int epoll, int fd) {
    return control(epoll, EPOLL_CTL_DEL, fd, 0, 0);
}

int teleport_epoll_wait(int epoll, teleport_event *events, int timeout_milliseconds) {
    // epoll_event is packed on some machines, so it is copied rather than imported.
    struct epoll_event raw[TELEPORT_EVENTS_PER_WAIT];
    int count = epoll_wait(epoll, raw, TELEPORT_EVENTS_PER_WAIT, timeout_milliseconds);
    for (int i = 0; i < count; i++) {
        events[i].events = raw[i].events;
        events[i].tag = raw[i].data.u64;
    }
    return count;
}

int teleport_eventfd(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }

int teleport_stream_socket(int family) {
    return socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

int teleport_accept(int fd) { return accept4(fd, NULL, NULL, SOCK_CLOEXEC); }

static int set_integer(int fd, int level, int option, int value) {
    return setsockopt(fd, level, option, &value, sizeof value);
}

int teleport_set_no_delay(int fd) { return set_integer(fd, IPPROTO_TCP, TCP_NODELAY, 1); }

int teleport_set_keep_alive(int fd, int idle, int interval, int count) {
    if (set_integer(fd, SOL_SOCKET, SO_KEEPALIVE, 1) < 0) return -1;
    if (idle > 0 && set_integer(fd, IPPROTO_TCP, TCP_KEEPIDLE, idle) < 0) return -1;
    if (interval > 0 && set_integer(fd, IPPROTO_TCP, TCP_KEEPINTVL, interval) < 0) return -1;
    return count > 0 ? set_integer(fd, IPPROTO_TCP, TCP_KEEPCNT, count) : 0;
}

int teleport_peer_user(int fd, unsigned *user) {
    struct ucred peer;
    socklen_t size = sizeof peer;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0) return -1;
    *user = peer.uid;
    return 0;
}

int teleport_set_user_timeout(int fd, unsigned milliseconds) {
    return setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &milliseconds, sizeof milliseconds);
}

static __thread void *thread_mark;
void *teleport_thread_mark(void) { return thread_mark; }
void teleport_set_thread_mark(void *mark) { thread_mark = mark; }

void teleport_name_thread(const char *name) {
    char cut[16];
    snprintf(cut, sizeof cut, "%s", name);
    pthread_setname_np(pthread_self(), cut);
}

struct start {
    void (*body)(void *);
    void *argument;
};

static void *trampoline(void *raw) {
    struct start start = *(struct start *)raw;
    free(raw);
    start.body(start.argument);
    return NULL;
}

int teleport_start_thread(void (*body)(void *), void *argument) {
    struct start *start = malloc(sizeof *start);
    if (!start) return ENOMEM;
    start->body = body;
    start->argument = argument;
    // Signals belong to the program's own threads.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_t thread;
    int code = pthread_create(&thread, NULL, trampoline, start);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (code == 0) pthread_detach(thread);
    else free(start);
    return code;
}
