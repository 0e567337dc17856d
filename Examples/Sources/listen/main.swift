// Listens to a channel on one connection while another one notifies.
//
//   swift run listen "postgresql://user@localhost/database"
import Foundation
import PGWire

do {
    let configuration = try await PGConfiguration.load(
        CommandLine.arguments.dropFirst().first ?? "")
    let listener = try await PGConnection.connect(configuration)
    let sender = try await PGConnection.connect(configuration)

    // Notices and changed settings come to an observer, whatever runs on the connection.
    await listener.observe { event in
        if case .notice(let notice) = event { print("notice: \(notice.message)") }
    }

    // The channel is listened to while the body runs. Messages wait, up to `capacity`; what comes
    // beyond it is dropped and counted, so that a slow reader never fills the memory.
    try await listener.listen(to: "jobs", capacity: 100) { events in
        for number in 1...3 {
            try await sender.query("SELECT pg_notify('jobs', \("job \(number)"))")
        }
        // The connection is free for statements meanwhile.
        try await listener.execute("DO $$ BEGIN RAISE NOTICE 'not idle'; END $$")

        for try await event in events {
            switch event {
            case .notification(let notification):
                print("\(notification.channel): \(notification.payload)")
                if notification.payload == "job 3" { return }
            case .dropped(let count):
                print("missed \(count) messages")
            }
        }
    }
    print("done")
    await listener.close()
    await sender.close()
} catch {
    print("listen: \(error)")
    exit(1)
}
