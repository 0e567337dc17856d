"""Ends TLS in front of a server: direct or behind SSLRequest, for tests of what a client says in it.

    tls_front.py PID PORT_FILE LOG_FILE OPTIONS

OPTIONS is JSON: upstream ([host, port] or a socket's path), cert, key, alpn (names), client_ca, oldest and
newest ("TLSv1.2", "TLSv1.3"), asked (the client sends SSLRequest first), upstream_tls (ask the server for TLS
as well), strip_plus (take the offer of channel binding away). A line of JSON is logged for each connection.
Ends with process PID.
"""
import json
import os
import select
import socket
import ssl
import struct
import sys
import threading
import time

pid, port_file, log_file, options = int(sys.argv[1]), sys.argv[2], sys.argv[3], json.loads(sys.argv[4])
SSL_REQUEST = struct.pack("!ii", 8, 80877103)
VERSIONS = {"TLSv1.2": ssl.TLSVersion.TLSv1_2, "TLSv1.3": ssl.TLSVersion.TLSv1_3}


def offer(*names):
    """AuthenticationSASL."""
    body = struct.pack("!i", 10) + b"".join(name + b"\0" for name in names) + b"\0"
    return b"R" + struct.pack("!i", len(body) + 4) + body


BOTH, ONE = offer(b"SCRAM-SHA-256-PLUS", b"SCRAM-SHA-256"), offer(b"SCRAM-SHA-256")


def watch():
    while True:
        try:
            os.kill(pid, 0)
        except OSError:
            os._exit(0)
        time.sleep(0.5)


def log(entry):
    with open(log_file, "a") as file:
        file.write(json.dumps(entry) + "\n")


def make_context(seen):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(options["cert"], options["key"])
    context.minimum_version = VERSIONS[options.get("oldest", "TLSv1.2")]
    context.maximum_version = VERSIONS[options.get("newest", "TLSv1.3")]
    if options.get("alpn"):
        context.set_alpn_protocols(options["alpn"])
    if options.get("client_ca"):
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(options["client_ca"])
    context.sni_callback = lambda _socket, name, _context: seen.update(sni=name)
    return context


def upstream():
    address = options["upstream"]
    if isinstance(address, str):
        server = socket.socket(socket.AF_UNIX)
        server.connect(address)
        return server
    server = socket.create_connection(address, timeout=30)
    if options.get("upstream_tls"):
        server.sendall(SSL_REQUEST)
        assert server.recv(1) == b"S"
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        server = context.wrap_socket(server)
    return server


def pump(client, server):
    while True:
        ready = [s for s in (client, server) if isinstance(s, ssl.SSLSocket) and s.pending()]
        if not ready:
            ready = select.select([client, server], [], [], 60)[0]
        if not ready:
            return
        for source in ready:
            data = source.recv(65536)
            if not data:
                return
            if source is server and options.get("strip_plus"):
                data = data.replace(BOTH, ONE)
            (server if source is client else client).sendall(data)


def serve(client):
    seen = {"sni": None}
    try:
        client.settimeout(30)
        if options.get("asked"):
            assert client.recv(8) == SSL_REQUEST
            client.sendall(b"S")
        with make_context(seen).wrap_socket(client, server_side=True) as client:
            certificate = client.getpeercert() or {}
            names = [value for part in certificate.get("subject", ()) for _, value in part]
            seen.update(version=client.version(), alpn=client.selected_alpn_protocol(), names=names)
            log(seen)
            with upstream() as server:
                pump(client, server)
    except (OSError, AssertionError) as error:
        log(dict(seen, error=type(error).__name__))
    finally:
        client.close()


threading.Thread(target=watch, daemon=True).start()
listener = socket.create_server(("127.0.0.1", 0), backlog=64)
with open(port_file + ".new", "w") as file:
    file.write(str(listener.getsockname()[1]))
os.rename(port_file + ".new", port_file)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
