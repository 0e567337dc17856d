// What Swift's Glibc and Darwin modules do not export, or export differently. No logic: each function
// is one system call, or the few that make the same of it elsewhere.
#ifndef TELEPORT_CSHIMS_H
#define TELEPORT_CSHIMS_H

#include "Poller.h"

/// SOCK_STREAM, which is a number in one C library and an enumeration in the other.
extern const int teleport_socket_stream;
/// What send(2) is told so that it raises no SIGPIPE: MSG_NOSIGNAL, where the socket does not know.
extern const int teleport_send_flags;

/// socket(2) for a stream, non-blocking and close-on-exec; it raises no SIGPIPE with
/// `teleport_send_flags`.
int teleport_stream_socket(int family);
/// accept(2), blocking and close-on-exec.
int teleport_accept(int fd);
/// setsockopt(2) with an integer at level IPPROTO_TCP: TCP_NODELAY.
int teleport_set_no_delay(int fd);
/// setsockopt(2): SO_KEEPALIVE, and TCP_KEEPIDLE (TCP_KEEPALIVE on macOS), TCP_KEEPINTVL and
/// TCP_KEEPCNT in seconds; zero leaves the system's value.
int teleport_set_keep_alive(int fd, int idle, int interval, int count);
/// setsockopt(2): TCP_USER_TIMEOUT; on macOS TCP_RXT_CONNDROPTIME, which counts whole seconds, rounded
/// up, from the first retransmission.
int teleport_set_user_timeout(int fd, unsigned milliseconds);
/// SO_PEERCRED or getpeereid(3): the user of the process that listens at the other end of a Unix socket.
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
