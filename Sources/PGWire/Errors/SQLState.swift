/// A five-character SQLSTATE code (PostgreSQL manual, appendix A).
public struct SQLState: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// The five characters, as the server sent them.
    public let rawValue: String

    /// Wraps the five characters of a code.
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// The first two characters: the class of the condition.
    public var errorClass: String { String(rawValue.prefix(2)) }

    /// The five characters.
    public var description: String { rawValue }
}

/// The conditions that programs tell apart, by the names of appendix A.
extension SQLState {
    /// The connection failed.
    public static let connectionFailure = SQLState(rawValue: "08006")
    /// The client broke the protocol.
    public static let protocolViolation = SQLState(rawValue: "08P01")
    /// The server cannot do this.
    public static let featureNotSupported = SQLState(rawValue: "0A000")
    /// A value is too long for its column.
    public static let stringDataRightTruncation = SQLState(rawValue: "22001")
    /// A number does not fit its type.
    public static let numericValueOutOfRange = SQLState(rawValue: "22003")
    /// A byte sequence is not valid in the encoding.
    public static let characterNotInRepertoire = SQLState(rawValue: "22021")
    /// A text does not fit its type.
    public static let invalidTextRepresentation = SQLState(rawValue: "22P02")
    /// The data of a COPY are malformed.
    public static let badCopyFileFormat = SQLState(rawValue: "22P04")
    /// A value must not be NULL.
    public static let notNullViolation = SQLState(rawValue: "23502")
    /// A referenced row is missing or a referencing one exists.
    public static let foreignKeyViolation = SQLState(rawValue: "23503")
    /// A key exists already.
    public static let uniqueViolation = SQLState(rawValue: "23505")
    /// A check constraint does not hold.
    public static let checkViolation = SQLState(rawValue: "23514")
    /// The transaction or the server is read-only.
    public static let readOnlySQLTransaction = SQLState(rawValue: "25006")
    /// The transaction has failed and must be rolled back.
    public static let inFailedSQLTransaction = SQLState(rawValue: "25P02")
    /// A prepared statement does not exist.
    public static let invalidSQLStatementName = SQLState(rawValue: "26000")
    /// The role or the way of connecting is not allowed.
    public static let invalidAuthorizationSpecification = SQLState(rawValue: "28000")
    /// The password is wrong.
    public static let invalidPassword = SQLState(rawValue: "28P01")
    /// The database does not exist.
    public static let invalidCatalogName = SQLState(rawValue: "3D000")
    /// The schema does not exist.
    public static let invalidSchemaName = SQLState(rawValue: "3F000")
    /// Concurrent transactions collided.
    public static let serializationFailure = SQLState(rawValue: "40001")
    /// A deadlock was broken by ending this transaction.
    public static let deadlockDetected = SQLState(rawValue: "40P01")
    /// The role may not do this.
    public static let insufficientPrivilege = SQLState(rawValue: "42501")
    /// The statement is not SQL.
    public static let syntaxError = SQLState(rawValue: "42601")
    /// A column does not exist.
    public static let undefinedColumn = SQLState(rawValue: "42703")
    /// An object does not exist.
    public static let undefinedObject = SQLState(rawValue: "42704")
    /// An object exists already.
    public static let duplicateObject = SQLState(rawValue: "42710")
    /// A function exists already.
    public static let duplicateFunction = SQLState(rawValue: "42723")
    /// Types do not fit each other.
    public static let datatypeMismatch = SQLState(rawValue: "42804")
    /// A function does not exist.
    public static let undefinedFunction = SQLState(rawValue: "42883")
    /// A table does not exist.
    public static let undefinedTable = SQLState(rawValue: "42P01")
    /// A database exists already.
    public static let duplicateDatabase = SQLState(rawValue: "42P04")
    /// A schema exists already.
    public static let duplicateSchema = SQLState(rawValue: "42P06")
    /// A table exists already.
    public static let duplicateTable = SQLState(rawValue: "42P07")
    /// The disk is full.
    public static let diskFull = SQLState(rawValue: "53100")
    /// The server is out of memory.
    public static let outOfMemory = SQLState(rawValue: "53200")
    /// The server has no connection left.
    public static let tooManyConnections = SQLState(rawValue: "53300")
    /// A limit of the server was passed.
    public static let programLimitExceeded = SQLState(rawValue: "54000")
    /// An object is not in the state that this needs.
    public static let objectNotInPrerequisiteState = SQLState(rawValue: "55000")
    /// An object is in use.
    public static let objectInUse = SQLState(rawValue: "55006")
    /// A lock could not be had in time.
    public static let lockNotAvailable = SQLState(rawValue: "55P03")
    /// The statement was cancelled.
    public static let queryCanceled = SQLState(rawValue: "57014")
    /// An administrator ended the session.
    public static let adminShutdown = SQLState(rawValue: "57P01")
    /// The server ends after a crash.
    public static let crashShutdown = SQLState(rawValue: "57P02")
    /// The server is starting or stopping.
    public static let cannotConnectNow = SQLState(rawValue: "57P03")
    /// The operating system failed the server.
    public static let systemError = SQLState(rawValue: "58000")
    /// A function raised an exception.
    public static let raiseException = SQLState(rawValue: "P0001")
    /// The server found a fault in itself.
    public static let internalError = SQLState(rawValue: "XX000")
    /// Data are damaged.
    public static let dataCorrupted = SQLState(rawValue: "XX001")
}
