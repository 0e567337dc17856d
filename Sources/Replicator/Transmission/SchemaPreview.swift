internal import Logging
internal import PGWire

/// What the next batch would change of a target's schema: looked at, and nothing is changed.
public struct SchemaPreview: Sendable, Hashable, Codable {
    /// One statement, in the order of the list.
    public struct Step: Sendable, Hashable, Codable {
        /// When it runs.
        public enum Stage: String, Sendable, Hashable, Codable {
            /// Committed by itself, before the batch.
            case before
            /// In the batch's transaction, before its rows.
            case batch
            /// In the batch's transaction, behind its rows.
            case afterRows
            /// After the batch, while rows go on.
            case afterCommit
        }

        /// When it runs.
        public var stage: Stage
        /// What it does.
        public var summary: String
        /// The statement, for the target.
        public var sql: String
        /// The strongest lock on a table, as the manual calls it (13.3); `none` for none.
        public var lock: String
        /// Whether every row of a table is read or written under that lock.
        public var rewrites: Bool
        /// Whether something is gone that the source does not send again.
        public var losesData: Bool
        /// Whether the marks are the strongest ones since nobody set others.
        public var isAssumed: Bool
    }

    /// Something that is named, and why.
    public struct Named: Sendable, Hashable, Codable {
        /// What it is: `table`, `column`, `view`.
        public var kind: String
        /// Its name with the source's schema.
        public var name: String
        /// Why it is here, or what to do.
        public var reason: String?
    }

    /// The target's name in the configuration.
    public var target: String
    /// How far the target is.
    public var phase: TargetState.Phase
    /// The statements in their order.
    public var steps: [Step]
    /// Tables whose rows are copied whole, with the source's names.
    public var copied: [String]
    /// What the source dropped and the target keeps.
    public var held: [Named]
    /// What is in scope and not carried.
    public var notCarried: [Named]
    /// Whether something in scope is not carried: more than privileges that the target's `grants`
    /// leaves out, and what belongs to the whole database.
    public var missesSomething: Bool {
        notCarried.contains { entry in
            !NotCarried(kind: entry.kind, name: entry.name, reason: entry.reason ?? "").isOutOfScope
        }
    }
    /// What a consent is bound to, by what an operator writes.
    var keys: [String: String] = [:]

    private enum CodingKeys: String, CodingKey {
        case target, phase, steps, copied, held, notCarried
    }

    /// Whether there is anything to do: statements, tables to copy, or a drop that waits.
    public var hasChanges: Bool { !steps.isEmpty || !copied.isEmpty || !held.isEmpty }
}

extension SchemaPreview {
    /// Looks at the source's catalog and at what the target carries.
    ///
    /// Works beside running daemons, and where the target has nothing yet.
    ///
    /// - Throws: `LinkError` where the target does not answer; `SchemaError` where the catalog cannot
    ///   be carried as it is; `PGError`; `CaptureError` where schema `teleport` is not ours.
    public static func make(
        _ configuration: InstanceConfiguration, target: InstanceConfiguration.Target,
        link: any TargetLink
    ) async throws -> SchemaPreview {
        let connection = try await EngineConnection.open(
            configuration.database, purpose: "plan \(target.name)")
        do {
            let preview = try await make(configuration, target, link, connection)
            await connection.close()
            return preview
        } catch {
            await connection.close()
            throw error
        }
    }

    private static func make(
        _ configuration: InstanceConfiguration, _ target: InstanceConfiguration.Target,
        _ link: any TargetLink, _ connection: PGConnection
    ) async throws -> SchemaPreview {
        var consents: Set<String> = []
        var incarnation = ""
        switch try await SchemaOwnership.read(on: connection) {
        case .foreign(let owner, let contents, let count):
            throw SchemaOwnership.refusal(owner: owner, contents: contents, count: count)
        case .absent: break
        case .ours(let settings):
            incarnation = settings["incarnation"] ?? ""
            // Objects of an older version have no consents yet.
            if Int(settings["version"] ?? "") == InstallerSQL.version {
                consents = try await ConsentStore.keys(of: target.name, on: connection)
            }
        }
        // Before it was installed, no target can have anything of this source.
        let source = SourceIdentity(
            incarnation: incarnation.isEmpty ? "none" : incarnation, name: configuration.name)
        let state = try await link.state(of: source, target: target.name)
        let applied = try state.applied.map { text throws(SchemaError) in
            try SchemaSnapshot(encoded: text)
        }
        let current = try await catalog(connection, target.expression)
        let plan = try SchemaPlan.make(
            from: applied, to: current, mapping: target.mapping, options: target.options,
            targetVersion: state.serverVersion, abilities: state.abilities ?? .init(),
            consents: consents,
            steps: state.later ?? [])
        return SchemaPreview(plan, current: current, target: target.name, phase: state.phase)
    }

    /// The catalog; again where DDL moved it meanwhile.
    private static func catalog(
        _ connection: PGConnection, _ expression: TargetExpression
    ) async throws -> SchemaSnapshot {
        for attempt in 1...10 {
            try await connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            do {
                let snapshot = try await CatalogReader.read(connection, expression: expression)
                try await connection.execute("COMMIT")
                return snapshot
            } catch let error as SchemaError where error.isTransient && attempt < 10 {
                try await connection.execute("ROLLBACK")
            }
        }
        throw SchemaError(.moved, "the catalog is being changed all the time; try again")
    }

    /// Describes a plan.
    init(
        _ plan: SchemaPlan, current: SchemaSnapshot, target: String, phase: TargetState.Phase
    ) {
        func steps(_ statements: [SchemaStatement], _ stage: Step.Stage) -> [Step] {
            // Settings of the session change nothing.
            statements.filter { !$0.effect.isSetting }.map { statement in
                Step(
                    stage: stage, summary: statement.summary, sql: statement.sql,
                    lock: statement.effect.lock.rawValue, rewrites: statement.effect.rewrites,
                    losesData: statement.effect.losesData, isAssumed: statement.effect.isAssumed)
            }
        }
        self.target = target
        self.phase = phase
        self.steps =
            steps(plan.section.preparation, .before) + steps(plan.section.changes, .batch)
            + steps(plan.section.afterRows, .afterRows)
            + steps(
                (plan.section.later ?? []).map {
                    SchemaStatement(summary: $0.summary, sql: $0.sql, effect: .concurrentIndex)
                }, .afterCommit)
        copied = current.tables.filter { plan.recopy.contains($0.oid) }
            .map(\.name.description).sorted()
        held = plan.held.map {
            Named(kind: $0.kind, name: $0.name, reason: $0.obstacle)
        }
        notCarried = plan.notCarried.map {
            Named(kind: $0.kind, name: $0.name, reason: $0.reason)
        }
        for drop in plan.held { keys[drop.label] = drop.key }
    }
}

/// Gives consent to held drops.
public enum DropConsent {
    /// Notes consents durably at the source; the drops come with the target's next batch.
    ///
    /// - Parameters:
    ///   - objects: what `plan` and `status` show: `table public.orders`.
    ///   - preview: what is held now.
    ///   - configuration: the source.
    /// - Returns: those of `objects` that are not held; then nothing was noted.
    /// - Throws: `PGError`.
    public static func give(
        _ objects: [String], in preview: SchemaPreview, _ configuration: InstanceConfiguration
    ) async throws -> [String] {
        let unknown = objects.filter { preview.keys[$0] == nil }
        guard unknown.isEmpty else { return unknown }
        let connection = try await EngineConnection.open(
            configuration.database, purpose: "consent \(preview.target)")
        do {
            try await connection.execute("BEGIN")
            for object in objects {
                guard let key = preview.keys[object] else { continue }
                try await ConsentStore.give(
                    key, object: object, target: preview.target, on: connection)
            }
            try await connection.execute("COMMIT")
        } catch {
            await connection.close()
            throw error
        }
        await connection.close()
        return []
    }
}
