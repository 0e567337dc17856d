#ifdef __linux__
#define _GNU_SOURCE
#endif
#include "CShims.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

const int teleport_socket_stream = SOCK_STREAM;

static int set_integer(int fd, int level, int option, int value) {
    return setsockopt(fd, level, option, &value, sizeof value);
}

int teleport_set_no_delay(int fd) { return set_integer(fd, IPPROTO_TCP, TCP_NODELAY, 1); }

#ifdef __linux__

enum { keep_alive_idle = TCP_KEEPIDLE };
const int teleport_send_flags = MSG_NOSIGNAL;

int teleport_stream_socket(int family) {
    return socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

int teleport_accept(int fd) { return accept4(fd, NULL, NULL, SOCK_CLOEXEC); }

int teleport_set_user_timeout(int fd, unsigned milliseconds) {
    return setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &milliseconds, sizeof milliseconds);
}

int teleport_peer_user(int fd, unsigned *user) {
    struct ucred peer;
    socklen_t size = sizeof peer;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0) return -1;
    *user = peer.uid;
    return 0;
}

#else

enum { keep_alive_idle = TCP_KEEPALIVE };
const int teleport_send_flags = 0;

// Closes the descriptor and answers -1 where it cannot be set up.
static int set_up(int fd, int status_flags) {
    if (fd < 0) return -1;
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 && fcntl(fd, F_SETFL, status_flags) == 0 &&
        set_integer(fd, SOL_SOCKET, SO_NOSIGPIPE, 1) == 0)
        return fd;
    int code = errno;
    close(fd);
    errno = code;
    return -1;
}

int teleport_stream_socket(int family) { return set_up(socket(family, SOCK_STREAM, 0), O_NONBLOCK); }

// An accepted socket has its listener's O_NONBLOCK here.
int teleport_accept(int fd) { return set_up(accept(fd, NULL, NULL), 0); }

int teleport_set_user_timeout(int fd, unsigned milliseconds) {
    return set_integer(fd, IPPROTO_TCP, TCP_RXT_CONNDROPTIME, (int)(milliseconds / 1000 + (milliseconds % 1000 != 0)));
}

int teleport_peer_user(int fd, unsigned *user) {
    uid_t found;
    gid_t group;
    if (getpeereid(fd, &found, &group) < 0) return -1;
    *user = found;
    return 0;
}

#endif

int teleport_set_keep_alive(int fd, int idle, int interval, int count) {
    if (set_integer(fd, SOL_SOCKET, SO_KEEPALIVE, 1) < 0) return -1;
    if (idle > 0 && set_integer(fd, IPPROTO_TCP, keep_alive_idle, idle) < 0) return -1;
    if (interval > 0 && set_integer(fd, IPPROTO_TCP, TCP_KEEPINTVL, interval) < 0) return -1;
    return count > 0 ? set_integer(fd, IPPROTO_TCP, TCP_KEEPCNT, count) : 0;
}

static __thread void *thread_mark;
void *teleport_thread_mark(void) { return thread_mark; }
void teleport_set_thread_mark(void *mark) { thread_mark = mark; }

void teleport_name_thread(const char *name) {
    char cut[16];
    snprintf(cut, sizeof cut, "%s", name);
#ifdef __linux__
    pthread_setname_np(pthread_self(), cut);
#else
    pthread_setname_np(cut);
#endif
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
