internal import PGWire

extension Instance {
    /// How often progress is looked at while somebody waits.
    private static let waitStep: Duration = .milliseconds(20)

    /// Waits until everything committed before this call, rows and schema, is on the targets.
    ///
    /// Tables that cannot be captured do not count; they are in the status. A table whose capture
    /// waits for a lock does.
    ///
    /// - Parameters:
    ///   - target: one target's name; nil for all.
    ///   - timeout: after which the answer is what stands in the way.
    /// - Returns: done, or the reason.
    public func wait(target: String?, timeout: Duration) async -> WaitResult {
        let deadline = ContinuousClock.now + timeout
        if let target, !configuration.targets.contains(where: { $0.name == target }) {
            return .failed("there is no target named \(target) in the configuration")
        }
        guard !configuration.targets.isEmpty else { return .failed("there is no target") }
        var reason = "the instance has not begun yet"
        while ContinuousClock.now < deadline, !Task.isCancelled {
            do {
                guard let obstacle = try await attemptWait(target: target, until: deadline) else {
                    return .done
                }
                reason = obstacle
                try await Task.sleep(for: Self.waitStep * 5)
            } catch {
                reason = (error as? PGError)?.message ?? "\(error)"
                try? await Task.sleep(for: Self.waitStep * 10)
            }
        }
        return .failed(reason)
    }

    /// One attempt: capture, then a batch that looked at the catalog; nil where it succeeded.
    private func attemptWait(
        target: String?, until deadline: ContinuousClock.Instant
    ) async throws -> String? {
        guard let watcher else { return await notLeading() }
        let request = await watcher.request()
        var outcome = await watcher.outcome(of: request)
        while outcome == nil {
            guard .now < deadline else {
                return "the tables' capture is not settled: \(await board.current().sentence)"
            }
            // The watcher of a leadership that ended answers no more.
            guard self.watcher === watcher else { return await notLeading() }
            try await Task.sleep(for: Self.waitStep)
            outcome = await watcher.outcome(of: request)
        }
        let chosen = configuration.targets.filter { target == nil || $0.name == target }
        let pending = (outcome?.pending ?? []).filter { entry in
            chosen.contains { $0.expression.matches(entry.table) }
        }
        guard pending.isEmpty else {
            return "not captured yet: "
                + pending.map(\.description).joined(separator: "; ")
        }
        let needed = try await currentSnapshot()
        let pipelines = chosen.compactMap { self.pipelines[$0.name] }
        guard pipelines.count == chosen.count else { return await notLeading() }
        for pipeline in pipelines { await pipeline.request() }
        while true {
            var obstacles: [String] = []
            for (target, pipeline) in zip(chosen, pipelines) {
                let progress = await pipeline.progress
                if progress.includes(needed) { continue }
                obstacles.append(
                    "\(target.name): "
                        + (progress.obstacle ?? "the batch is under way: \(progress.stage)"))
            }
            if obstacles.isEmpty { return nil }
            guard .now < deadline else { return obstacles.joined(separator: "; ") }
            // A new leadership has new pipelines: begin again with them.
            guard self.watcher === watcher else { return await notLeading() }
            try await Task.sleep(for: Self.waitStep)
        }
    }

    private func notLeading() async -> String {
        let status = await board.current()
        return status.role == .standby
            ? "this daemon stands by; ask the one that leads" : status.sentence
    }

    private func currentSnapshot() async throws -> Snapshot {
        let connection = try await EngineConnection.open(configuration.database, purpose: "wait")
        do {
            let row = try await connection.query(sql: "SELECT pg_catalog.txid_current_snapshot()")
                .rows.first
            await connection.close()
            guard let row, let snapshot = Snapshot(try row.decode(String.self, 0)) else {
                throw BatchError.notInstalled
            }
            return snapshot
        } catch {
            await connection.close()
            throw error
        }
    }
}

extension Pipeline.Progress {
    /// Whether rows and schema up to a snapshot are on the target.
    func includes(_ snapshot: Snapshot) -> Bool {
        guard let position, let lookedAt else { return false }
        return position.includes(snapshot) && lookedAt.includes(snapshot)
    }
}
