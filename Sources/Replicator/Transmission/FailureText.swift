internal import Logging
internal import PGWire

/// A failure as an operator reads it: what, where, and what to type next; pure.
package struct FailureText: Sendable, Hashable {
    /// What happened; no row values, SQL or secrets.
    package let message: String
    /// The SQLSTATE, where a database said so.
    package let sqlState: String?
    /// The table concerned, where known.
    package let table: String?
    /// What to type next, where that is known.
    package let next: String?
    /// A stable word for metrics, where there is no SQLSTATE.
    package let code: String
    /// Whether somebody has to act; else it goes away by itself.
    package let isForPeople: Bool

    /// Describes what a pipeline met.
    package init(_ error: any Error, target: String, failure: PipelineMachine.Failure) {
        switch error {
        case let error as LinkError:
            message = error.message
            sqlState = error.sqlState
            table = error.table
            code = error.code.rawValue
        case let error as PGError:
            message = "source: \(error.server?.message ?? error.message)"
            sqlState = error.sqlState?.rawValue
            table = error.server?.tableName
            code = error.code.rawValue
        case let error as BatchError:
            message = error.description
            sqlState = nil
            if case .undecodableKeys(_, let name) = error { table = name } else { table = nil }
            code = "source"
        case let error as SchemaError:
            message = error.description
            sqlState = nil
            table = nil
            code = "schema"
        default:
            message = "\(error)"
            sqlState = nil
            table = nil
            code = "other"
        }
        next = Self.next(failure, sqlState: sqlState, isSource: error is PGError, target: target)
        switch failure {
        case .link(.unauthorized), .link(.badRequest), .link(.database), .link(.duplicate), .resync:
            isForPeople = true
        case .link(.schemaBehind), .link(.wrongPosition), .link(.busy), .link(.unreachable),
            .link(.databaseUnavailable), .undecodable:
            isForPeople = false
        case .source:
            isForPeople = (error as? PGError)?.isTransient == false
        }
    }

    private static func next(
        _ failure: PipelineMachine.Failure, sqlState: String?, isSource: Bool, target: String
    ) -> String? {
        switch failure {
        case .link(.unauthorized):
            "set the same TELEPORT_TOKEN in the environment of both daemons, or server.token in "
                + "the target's file and targets.\(target).token in the source's"
        case .resync:
            "on the target drop the tables and its rows in teleport.position and "
                + "teleport.load_chunk (docs/operations.md, Loading again), then: "
                + "teleportd -config FILE -mode initial-load -load-target \(target)"
        case .source where sqlState == "42501":
            "GRANT USAGE ON SCHEMA … and GRANT SELECT, TRIGGER ON ALL TABLES IN SCHEMA … TO the "
                + "role of this daemon"
        case .link(.database) where sqlState == "42501":
            "GRANT CREATE, USAGE ON SCHEMA … TO the role of the target's daemon, which has to own "
                + "the tables"
        default: nil
        }
    }
}

extension FailureText {
    /// How loud it is said.
    var level: Logger.Level { isForPeople ? .error : .notice }
}
