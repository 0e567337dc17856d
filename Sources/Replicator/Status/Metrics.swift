/// The status as Prometheus text (exposition format 0.0.4); a pure function.
public enum Metrics {
    /// The content type of `text(_:)`.
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// Every metric with its help and type, prefix `teleport_`, base units.
    public static func text(_ status: InstanceStatus) -> String {
        var page = Page()
        page.add(
            "build_info", .gauge, "The version that runs.",
            [([("version", status.version), ("name", status.name)], 1)])
        page.add(
            "leader", .gauge, "Whether this daemon feeds the targets of its database.",
            [([], status.role == .leader ? 1 : 0)])
        page.add(
            "database_up", .gauge, "Whether the managed database answered at the last attempt.",
            [([], status.databaseReachable ? 1 : 0)])
        page.add(
            "reconnects_total", .counter, "Connections to the managed database made again.",
            [([("side", "database")], Double(status.reconnects))])
        addTargets(status.targets, to: &page)
        page.add(
            "not_carried_objects", .gauge, "Objects in scope that are not replicated.",
            [([], Double(Set(status.notCarried).count))])
        page.add(
            "refused_tables", .gauge, "Tables that cannot be captured.",
            [([], Double(Set(status.refusedTables).count))])
        if let queue = status.queue {
            page.add(
                "queue_events", .gauge, "Events in the slots, an estimate.",
                [([], Double(queue.events))])
            page.add(
                "queue_bytes", .gauge, "Bytes of the slots with their indexes.",
                [([], Double(queue.bytes))])
        }
        return page.text
    }

    private static func addTargets(_ targets: [InstanceStatus.Target], to page: inout Page) {
        func each(
            _ value: (InstanceStatus.Target) -> Double
        ) -> [(labels: [(String, String)], value: Double)] {
            targets.map { ([("target", $0.name)], value($0)) }
        }
        page.add(
            "lag_seconds", .gauge, "Seconds that the oldest unshipped change has waited.",
            each(\.lagSeconds))
        page.add(
            "pending_events", .gauge, "Events that wait for the target.",
            each { Double($0.pendingEvents) })
        page.add(
            "batches_total", .counter, "Batches by outcome.",
            targets.flatMap { target in
                [
                    ([("target", target.name), ("outcome", "applied")], Double(target.batches)),
                    (
                        [("target", target.name), ("outcome", "failed")],
                        Double(target.failures.values.reduce(0, +))
                    ),
                ]
            })
        page.add(
            "apply_errors_total", .counter, "Failed attempts by SQLSTATE or code.",
            targets.flatMap { target in
                target.failures.sorted { $0.key < $1.key }.map {
                    ([("target", target.name), ("sqlstate", $0.key)], Double($0.value))
                }
            })
        page.add(
            "rows_sent_total", .counter, "Rows sent in applied batches.",
            each { Double($0.rowsSent) })
        page.add(
            "bytes_sent_total", .counter, "Bytes of rows sent in applied batches.",
            each { Double($0.bytesSent) })
        page.add(
            "schema_changes_total", .counter, "Schema changes applied.",
            each { Double($0.schemaChanges) })
        page.add(
            "batch_duration_seconds", .gauge, "The last batch, by phase.",
            targets.flatMap { target -> [([(String, String)], Double)] in
                guard let batch = target.lastBatch else { return [] }
                return [("read", batch.readMilliseconds), ("total", batch.milliseconds)].map {
                    ([("target", target.name), ("phase", $0.0)], Double($0.1) / 1000)
                }
            })
        page.add(
            "target_state", .gauge, "1 for the state that the target is in.",
            targets.map { ([("target", $0.name), ("state", $0.state.rawValue)], 1) })
    }

    private enum Kind: String {
        case counter, gauge
    }

    private struct Page {
        var text = ""

        mutating func add(
            _ name: String, _ kind: Kind, _ help: String,
            _ samples: [(labels: [(String, String)], value: Double)]
        ) {
            guard !samples.isEmpty else { return }
            text += "# HELP teleport_\(name) \(help)\n# TYPE teleport_\(name) \(kind.rawValue)\n"
            for sample in samples {
                let labels = sample.labels.map { "\($0.0)=\"\(Self.escaped($0.1))\"" }
                let braces = labels.isEmpty ? "" : "{" + labels.joined(separator: ",") + "}"
                text += "teleport_\(name)\(braces) \(Self.number(sample.value))\n"
            }
        }

        /// Whole numbers without a fraction, so that counters read as counts.
        static func number(_ value: Double) -> String {
            if let whole = Int(exactly: value) { return String(whole) }
            return String(value)
        }

        static func escaped(_ text: String) -> String {
            var result = ""
            for scalar in text.unicodeScalars {
                switch scalar {
                case "\\": result += "\\\\"
                case "\"": result += "\\\""
                case "\n": result += "\\n"
                default: result.unicodeScalars.append(scalar)
                }
            }
            return result
        }
    }
}
