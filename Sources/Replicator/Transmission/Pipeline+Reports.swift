internal import Logging
internal import PGWire

/// What a pipeline says of itself: errors, the target's answers, batches.
extension Pipeline {
    /// Decides what an error means, and says so; rethrows what ends the pipeline.
    func handle(_ error: any Error) async throws {
        let failure: PipelineMachine.Failure
        switch error {
        case BatchError.incarnationChanged, BatchError.notInstalled: throw error
        case BatchError.forgotten, BatchError.ahead: failure = .resync
        case BatchError.undecodableKeys(let relation, _):
            failure = .undecodable(relation: relation)
        case let error as LinkError:
            failure = .link(error.code)
            builder.sequences.forgetValues()
        case let error as PGError:
            failure = .source
            builder.keys.forget()
            builder.sequences.forgetNames()
            if error.isConnectionLost {
                await keeper.discard()
            } else if error.sqlState?.errorClass == "42" {
                machine.catalogChanged()
            }
        default: failure = .source
        }
        let pause = machine.failed(failure, at: now, chance: .random(in: 0..<1))
        let text = FailureText(error, target: target.name, failure: failure)
        obstacle = text.message
        logger.log(
            level: text.level, "a batch did not go through",
            metadata: ["error": "\(text.message)", "pause": "\(pause)"])
        let phase = machine.phase
        let time = StatusBoard.timeText()
        await board.update(target: target.name) { status in
            status.state = phase == .resyncNeeded ? .resyncNeeded : .retrying
            status.sentence = text.message
            status.lastError = .init(
                message: text.message, sqlState: text.sqlState, table: text.table, time: time,
                next: text.next)
            status.failures[text.sqlState ?? text.code, default: 0] += 1
        }
    }

    /// Takes an obstacle off the board, where there was one.
    func recover() async {
        guard obstacle != nil else { return }
        obstacle = nil
        await board.update(target: target.name) { status in
            status.state = .replicating
            status.sentence = "Replicating."
            status.lastError = nil
        }
    }

    /// Says what the target's answer came to.
    func report(_ state: TargetState) async {
        let name = target.name
        let load = "teleportd -config FILE -mode initial-load -load-target \(name)"
        switch state.phase {
        case .empty: obstacle = "waiting for the initial load: \(load)"
        case .loading: obstacle = "an initial load is under way"
        case .replicating: obstacle = nil
        }
        let sentence = obstacle ?? "Replicating."
        logger.log(
            level: sentence == answered ? .debug : .info, "asked the target for its position",
            metadata: ["answer": "\(sentence)"])
        answered = sentence
        await board.update(target: name) { status in
            status.position = state.position?.description
            status.sentence = sentence
            status.lastError = nil
            switch state.phase {
            case .empty: status.state = .waitingForLoad
            case .loading: status.state = .loading
            case .replicating: status.state = .replicating
            }
        }
    }

    /// Lists what the last look found that is not carried.
    ///
    /// The log names what it did not name before, up to `namesInLog`; the status names all.
    func reportNotCarried(_ objects: [NotCarried]) async {
        let new = objects.filter { !loggedNotCarried.contains($0) }
        loggedNotCarried = Set(objects)
        if !new.isEmpty {
            let names = new.prefix(Self.namesInLog).map { "\($0.kind) \($0.name): \($0.reason)" }
            logger.notice(
                "not carried yet",
                metadata: ["count": "\(new.count)", "objects": "\(names.joined(separator: "; "))"])
        }
        await board.setNotCarried(
            objects.map { .init(kind: $0.kind, name: $0.name, reason: $0.reason) },
            by: "target \(target.name)")
    }

    /// Lists what the target keeps though the source dropped it.
    func reportHeld(_ objects: [HeldDrop]) async {
        let names = Set(objects.map(\.label))
        let new = names.subtracting(loggedHeld).sorted()
        loggedHeld = names
        if !new.isEmpty {
            logger.notice(
                "held back a drop",
                metadata: [
                    "objects": "\(new.prefix(Self.namesInLog).joined(separator: "; "))",
                    "next": "teleportd consent -config FILE --target \(target.name) OBJECT",
                ])
        }
        await board.update(target: target.name) { status in
            status.heldDrops = objects.map(\.label)
        }
    }

    /// Takes how far the target is with what follows the batches.
    func takeLater(_ state: TargetState) async {
        guard let steps = state.later else { return }
        let failed = steps.filter { $0.error != nil && !later.contains($0) }
        for step in failed {
            logger.notice(
                "a step behind a batch did not succeed and is tried again",
                metadata: ["step": "\(step.summary)", "error": "\(step.error ?? "")"])
        }
        later = steps
        await board.update(target: target.name) { status in
            status.later = steps.filter(\.isOpen).map { step in
                "\(step.summary): \(step.state.rawValue)" + (step.error.map { ", \($0)" } ?? "")
            }
        }
    }

    /// Says that a batch is applied.
    func reportBatch(
        _ batch: PreparedBatch, _ summary: PreparedBatch.Summary, took: Duration,
        reading: Duration
    ) async {
        obstacle = nil
        let changes =
            (batch.header.schema?.changes.count ?? 0)
            + (batch.header.schema?.preparation.count ?? 0)
        logger.debug(
            "sent a batch",
            metadata: [
                "rows": "\(summary.rows)", "bytes": "\(summary.bytes)",
                "tables": "\(batch.tables.count)", "schemaChanges": "\(changes)",
            ])
        let position = batch.header.to.description
        let last = InstanceStatus.Batch(
            rows: summary.rows, bytes: summary.bytes, tables: batch.tables.count,
            milliseconds: Int(took / .milliseconds(1)),
            readMilliseconds: Int(reading / .milliseconds(1)))
        await board.update(target: target.name) { status in
            status.state = .replicating
            status.sentence = "Replicating."
            status.lastError = nil
            status.position = position
            if summary.rows > 0 || status.lastBatch == nil { status.lastBatch = last }
            status.batches += 1
            status.rowsSent += summary.rows
            status.bytesSent += summary.bytes
            status.schemaChanges += changes
        }
    }
}
