import Foundation
import TestSupport

/// A TCP proxy on loopback whose behaviour a file decides.
///
/// `pass`, `cut`, `swallow` (half-open), `mute` (swallows answers only), `truncate` (passes 100,000
/// bytes a connection, then cuts).
final class Proxy {
    let port: Int
    private let mode: String

    init() throws {
        port = try PostgresCluster.freePort()
        mode = "/tmp/teleport-proxy-\(UUID().uuidString)"
        try set("pass")
    }

    func set(_ fault: String) throws {
        try fault.write(toFile: mode, atomically: true, encoding: .utf8)
    }

    func start(to target: String) throws {
        let script = """
            import socket, sys, threading, time
            port, target, mode = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
            def now():
                try: return open(mode).read()
                except OSError: sys.exit(0)
            def pump(a, b, answers):
                sent = 0
                a.settimeout(0.1)
                while True:
                    m = now()
                    if m == 'cut' or (m == 'truncate' and sent > 100000): break
                    try: data = a.recv(16384)
                    except socket.timeout: continue
                    except OSError: break
                    if not data: break
                    sent += len(data)
                    if m == 'swallow' or (m == 'mute' and answers): continue
                    try: b.sendall(data)
                    except OSError: break
                for s in (a, b):
                    try: s.shutdown(socket.SHUT_RDWR)
                    except OSError: pass
            l = socket.socket(); l.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            l.bind(('127.0.0.1', port)); l.listen(64); l.settimeout(1)
            end = time.time() + 600
            while time.time() < end:
                now()
                try: c, _ = l.accept()
                except socket.timeout: continue
                if now() == 'cut': c.close(); continue
                t = socket.socket()
                try: t.connect(('127.0.0.1', target))
                except OSError: c.close(); continue
                threading.Thread(target=pump, args=(c, t, False), daemon=True).start()
                threading.Thread(target=pump, args=(t, c, True), daemon=True).start()
            """
        try script.write(toFile: mode + ".py", atomically: true, encoding: .utf8)
        try PostgresCluster.shell(
            "setsid python3 \(mode).py \(port) \(target) \(mode) >/dev/null 2>&1 </dev/null &")
    }

    /// The proxy ends when its file is gone.
    func stop() {
        try? FileManager.default.removeItem(atPath: mode)
        try? FileManager.default.removeItem(atPath: mode + ".py")
    }
}
