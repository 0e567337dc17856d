import ArgumentParser
import AsyncHTTPClient
import Foundation
import Logging
import NIOCore
import NIOPosix
import Replicator

/// Shows what a target's schema would become; changes nothing.
struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Shows what the next batch would change of a target's schema; changes nothing.",
        discussion: """
            Exit codes: 0 nothing to do; 2 changes, or drops that wait for consent; 3 something in \
            scope is not carried; 1 failed. A wrong configuration is 2 as well, with nothing on \
            standard output.
            """)

    @OptionGroup var options: CommonOptions

    @Option(help: ArgumentHelp("The target, a key below targets.", valueName: "name"))
    var target: String

    @Flag(help: "Prints everything as JSON.")
    var json = false

    func run() async throws {
        let configuration = try options.load()
        let chosen = try configuration.target(target, file: options.config)
        let preview = try await PlanRun.preview(configuration, target: chosen)
        Terminal.say(json ? try PlanText.json(preview) : PlanText.make(preview))
        let code = PlanText.exitCode(preview)
        if code != .success { throw code }
    }
}

/// Consents to drops that the target holds back.
struct ConsentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "consent",
        abstract: "Lets a target with drops: hold drop what the source dropped, by name.",
        discussion: """
            The names are those that plan and status show, each in quotes: "table public.orders". The \
            consent is kept at the source and holds for that very object. Without a name it lists \
            what is held.
            """)

    @OptionGroup var options: CommonOptions

    @Option(help: ArgumentHelp("The target, a key below targets.", valueName: "name"))
    var target: String

    @Argument(help: ArgumentHelp("What may be dropped.", valueName: "object"))
    var objects: [String] = []

    func run() async throws {
        let configuration = try options.load()
        let chosen = try configuration.target(target, file: options.config)
        let preview = try await PlanRun.preview(configuration, target: chosen)
        guard !objects.isEmpty else {
            Terminal.say(PlanText.held(preview))
            return
        }
        let unknown = try await DropConsent.give(objects, in: preview, configuration.instance)
        guard unknown.isEmpty else {
            Terminal.complain(
                "teleportd consent: not held: \(unknown.joined(separator: ", ")); nothing was noted. "
                    + PlanText.held(preview))
            throw ExitCodes.failed
        }
        Terminal.say("noted; \(target) drops it with its next look at the catalog")
    }
}

/// Asks source and target for a preview.
enum PlanRun {
    static func preview(
        _ configuration: DaemonConfiguration, target: InstanceConfiguration.Target
    ) async throws -> SchemaPreview {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let client = HTTPClients.make(on: group)
        let result: Result<SchemaPreview, any Error>
        do {
            result = .success(
                try await SchemaPreview.make(
                    configuration.instance, target: target,
                    link: Engine.link(target, configuration, client)))
        } catch {
            result = .failure(error)
        }
        try? await client.shutdown()
        try? await group.shutdownGracefully()
        return try result.get()
    }
}

/// A preview for people and for programs.
enum PlanText {
    /// 3 where something in scope is not carried, else 2 where something is to do, else 0.
    static func exitCode(_ preview: SchemaPreview) -> ExitCode {
        if preview.missesSomething { return ExitCode(3) }
        return preview.hasChanges ? ExitCode(2) : .success
    }

    /// JSON with sorted keys.
    static func json(_ preview: SchemaPreview) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
        return String(decoding: try encoder.encode(preview), as: UTF8.self)
    }

    /// SQL with comments, in the order in which it would run.
    static func make(_ preview: SchemaPreview) -> String {
        var lines = ["-- " + summary(preview)]
        var stage: SchemaPreview.Step.Stage?
        for step in preview.steps {
            if step.stage != stage {
                stage = step.stage
                lines += ["", "-- " + title(step.stage)]
            }
            lines.append("-- \(oneLine(step.summary))\(marks(step))")
            lines.append(step.sql + ";")
        }
        if !preview.copied.isEmpty {
            lines += ["", "-- copied whole:"] + preview.copied.map { "--   \(oneLine($0))" }
        }
        if !preview.held.isEmpty {
            lines += ["", "-- dropped on the source, held on the target until you consent:"]
            lines += preview.held.map { "--   " + describe($0) }
        }
        if !preview.notCarried.isEmpty {
            lines += ["", "-- not carried:"] + preview.notCarried.map { "--   " + describe($0) }
        }
        return lines.joined(separator: "\n")
    }

    /// What is held, a line each.
    static func held(_ preview: SchemaPreview) -> String {
        preview.held.isEmpty
            ? "nothing is held"
            : "held: " + preview.held.map(describe).joined(separator: "; ")
    }

    private static func summary(_ preview: SchemaPreview) -> String {
        var words = [
            (preview.steps.count, "statement", "statements"),
            (preview.copied.count, "table to copy", "tables to copy"),
            (preview.held.count, "held drop", "held drops"),
        ].filter { $0.0 > 0 }.map { "\($0.0) \($0.0 == 1 ? $0.1 : $0.2)" }
        if words.isEmpty { words = ["nothing to do"] }
        let count = preview.notCarried.count
        if count > 0 { words.append("\(count) \(count == 1 ? "object" : "objects") not carried") }
        let phase = preview.phase == .replicating ? "" : " (\(preview.phase.rawValue))"
        return "target \(oneLine(preview.target))\(phase): "
            + words.joined(separator: ", ")
    }

    private static func title(_ stage: SchemaPreview.Step.Stage) -> String {
        switch stage {
        case .before: "before the batch, each committed by itself"
        case .batch: "in the batch's transaction, before its rows"
        case .afterRows: "in the batch's transaction, behind its rows"
        case .afterCommit: "after the batch, while rows go on"
        }
    }

    private static func marks(_ step: SchemaPreview.Step) -> String {
        var marks: [String] = []
        if step.lock != "none" { marks.append(step.lock + (step.isAssumed ? " (assumed)" : "")) }
        if step.rewrites { marks.append("goes over all rows") }
        if step.losesData { marks.append("LOSES DATA") }
        return marks.isEmpty ? "" : " [\(marks.joined(separator: ", "))]"
    }

    private static func describe(_ named: SchemaPreview.Named) -> String {
        oneLine("\(named.kind) \(named.name)" + (named.reason.map { ": \($0)" } ?? ""))
    }

    /// A comment ends with its line: a name that holds one must not become SQL.
    private static func oneLine(_ text: String) -> String {
        String(text.map { $0.isNewline ? " " : $0 })
    }
}
