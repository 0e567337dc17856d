/// What the target's database remembers of one source, as far as a request is judged by it.
package struct StoredState: Sendable, Hashable {
    /// How far it is.
    package var phase: TargetState.Phase = .empty
    /// The position; while loading, the start position.
    package var position: Snapshot?
    /// The digest of the catalog it carries.
    package var appliedDigest: String?
    /// How many chunks the load's plan has; read for `loadFinish`.
    package var plannedChunks: Int = 0
    /// How many of the plan's chunks are committed; read for `loadFinish`.
    package var doneChunks: Int = 0
    /// Whether the request's chunk is committed; read for `loadChunk`.
    package var isChunkDone: Bool = false

    /// The state of a target that has nothing.
    package init() {}
}

/// Whether a request is applied: a pure function of its header and what the target has.
package enum ApplyDecision: Sendable, Hashable {
    /// Apply it.
    case apply
    /// It is applied already (an answer was lost), or there is nothing to do: answer the state.
    case answer
    /// Refuse it.
    case refuse(LinkError)

    /// Judges a request.
    package static func decide(_ header: BatchHeader, _ stored: StoredState) -> ApplyDecision {
        switch header.kind {
        case .batch: batch(header, stored)
        case .loadBegin: loadBegin(header, stored)
        case .loadChunk: loadChunk(header, stored)
        case .loadFinish: loadFinish(header, stored)
        }
    }

    /// Judges what needs no state: version, and what must be named.
    package static func check(_ header: BatchHeader) throws(LinkError) {
        guard header.version == BatchHeader.currentVersion else {
            throw LinkError(
                .badRequest,
                "the source speaks version \(header.version) of the wire format and this target "
                    + "\(BatchHeader.currentVersion): run the same teleport release on both sides")
        }
        let isComplete =
            switch header.kind {
            case .batch: header.from != nil
            case .loadBegin: header.loadPlan != nil && header.schema != nil
            case .loadChunk: header.chunk != nil
            case .loadFinish: true
            }
        guard isComplete, !header.source.incarnation.isEmpty, !header.target.isEmpty else {
            throw LinkError(.badRequest, "the header of a \(header.kind.rawValue) is incomplete")
        }
    }

    private static func batch(_ header: BatchHeader, _ stored: StoredState) -> ApplyDecision {
        guard stored.phase == .replicating else { return .refuse(wrongPosition(stored)) }
        if header.from == stored.position { return .apply }
        // Committed, and the answer was lost on its way.
        if header.to == stored.position { return .answer }
        return .refuse(wrongPosition(stored))
    }

    private static func loadBegin(_ header: BatchHeader, _ stored: StoredState) -> ApplyDecision {
        switch stored.phase {
        case .empty: header.from == nil ? .apply : .refuse(wrongPosition(stored))
        case .loading, .replicating:
            // With `from` it throws away what was begun there.
            if let from = header.from {
                from == stored.position ? .apply : .refuse(wrongPosition(stored))
            } else {
                .answer
            }
        }
    }

    private static func loadChunk(_ header: BatchHeader, _ stored: StoredState) -> ApplyDecision {
        guard stored.phase == .loading, stored.position == header.to else {
            return .refuse(wrongPosition(stored))
        }
        return stored.isChunkDone ? .answer : .apply
    }

    private static func loadFinish(_ header: BatchHeader, _ stored: StoredState) -> ApplyDecision {
        switch stored.phase {
        case .replicating where stored.position == header.to: return .answer
        case .loading where stored.position == header.to:
            guard stored.doneChunks == stored.plannedChunks else {
                return .refuse(
                    LinkError(
                        .wrongPosition,
                        "the load has \(stored.doneChunks) of \(stored.plannedChunks) chunks"))
            }
            return .apply
        case .empty, .loading, .replicating: return .refuse(wrongPosition(stored))
        }
    }

    private static func wrongPosition(_ stored: StoredState) -> LinkError {
        let position = stored.position?.description ?? "none"
        return LinkError(
            .wrongPosition,
            "the target is in phase \(stored.phase.rawValue) at position \(position)")
    }
}
