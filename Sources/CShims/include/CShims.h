// What Swift's Glibc module does not export. No logic: each function is one system call.
#ifndef TELEPORT_CSHIMS_H
#define TELEPORT_CSHIMS_H

#include <stddef.h>
#include <stdint.h>

/// One readiness report of epoll(7).
typedef struct {
    uint32_t events;
    uint64_t tag;
} teleport_event;

extern const uint32_t teleport_epoll_in;
extern const uint32_t teleport_epoll_out;
extern const uint32_t teleport_epoll_error;
extern const uint32_t teleport_epoll_hangup;
extern const uint32_t teleport_epoll_edge;

/// The most events one wait returns.
#define TELEPORT_EVENTS_PER_WAIT 128

/// epoll_create1(2), close-on-exec.
int teleport_epoll_create(void);
/// epoll_ctl(2), adding.
int teleport_epoll_add(int epoll, int fd, uint32_t events, uint64_t tag);
/// epoll_ctl(2), changing.
int teleport_epoll_change(int epoll, int fd, uint32_t events, uint64_t tag);
/// epoll_ctl(2), removing.
int teleport_epoll_remove(int epoll, int fd);
/// epoll_wait(2); `events` has room for TELEPORT_EVENTS_PER_WAIT.
int teleport_epoll_wait(int epoll, teleport_event *events, int timeout_milliseconds);

/// eventfd(2), non-blocking and close-on-exec.
int teleport_eventfd(void);

/// socket(2) for a stream, non-blocking and close-on-exec.
int teleport_stream_socket(int family);
/// accept4(2), blocking and close-on-exec.
int teleport_accept(int fd);
/// setsockopt(2) with an integer at level IPPROTO_TCP: TCP_NODELAY.
int teleport_set_no_delay(int fd);
/// setsockopt(2): SO_KEEPALIVE, and TCP_KEEPIDLE, TCP_KEEPINTVL and TCP_KEEPCNT in seconds; zero leaves
/// the system's value.
int teleport_set_keep_alive(int fd, int idle, int interval, int count);
/// setsockopt(2): TCP_USER_TIMEOUT.
int teleport_set_user_timeout(int fd, unsigned milliseconds);
/// getsockopt(2): the user of the process that listens at the other end of a Unix socket.
int teleport_peer_user(int fd, unsigned *user);

/// A word of this thread's own; null until set.
void *teleport_thread_mark(void);
/// Sets the word of this thread.
void teleport_set_thread_mark(void *mark);
/// Names this thread for debuggers; longer names are cut to 15 bytes.
void teleport_name_thread(const char *name);
/// Starts a detached thread with every signal blocked; answers 0 or an error number.
int teleport_start_thread(void (*body)(void *), void *argument);

#endif
