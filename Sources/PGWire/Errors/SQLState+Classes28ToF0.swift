// Every condition of the manual's appendix A (PostgreSQL 15), by the name it has in the server's
// errcodes.txt.

/// Class 28: invalid Authorization Specification.
extension SQLState {
    /// The role or the way of connecting is not allowed.
    public static let invalidAuthorizationSpecification = SQLState(rawValue: "28000")
    /// The password is wrong.
    public static let invalidPassword = SQLState(rawValue: "28P01")
}

/// Class 2B: dependent Privilege Descriptors Still Exist.
extension SQLState {
    /// `dependent_privilege_descriptors_still_exist`.
    public static let dependentPrivilegeDescriptorsStillExist = SQLState(rawValue: "2B000")
    /// `dependent_objects_still_exist`.
    public static let dependentObjectsStillExist = SQLState(rawValue: "2BP01")
}

/// Class 2D: invalid Transaction Termination.
extension SQLState {
    /// `invalid_transaction_termination`.
    public static let invalidTransactionTermination = SQLState(rawValue: "2D000")
}

/// Class 2F: sQL Routine Exception.
extension SQLState {
    /// `sql_routine_exception`.
    public static let sqlRoutineException = SQLState(rawValue: "2F000")
    /// `function_executed_no_return_statement`.
    public static let sqlRoutineFunctionExecutedNoReturnStatement = SQLState(rawValue: "2F005")
    /// `modifying_sql_data_not_permitted`.
    public static let sqlRoutineModifyingSQLDataNotPermitted = SQLState(rawValue: "2F002")
    /// `prohibited_sql_statement_attempted`.
    public static let sqlRoutineProhibitedSQLStatementAttempted = SQLState(rawValue: "2F003")
    /// `reading_sql_data_not_permitted`.
    public static let sqlRoutineReadingSQLDataNotPermitted = SQLState(rawValue: "2F004")
}

/// Class 34: invalid Cursor Name.
extension SQLState {
    /// `invalid_cursor_name`.
    public static let invalidCursorName = SQLState(rawValue: "34000")
}

/// Class 38: external Routine Exception.
extension SQLState {
    /// `external_routine_exception`.
    public static let externalRoutineException = SQLState(rawValue: "38000")
    /// `containing_sql_not_permitted`.
    public static let externalRoutineContainingSQLNotPermitted = SQLState(rawValue: "38001")
    /// `modifying_sql_data_not_permitted`.
    public static let externalRoutineModifyingSQLDataNotPermitted = SQLState(rawValue: "38002")
    /// `prohibited_sql_statement_attempted`.
    public static let externalRoutineProhibitedSQLStatementAttempted = SQLState(rawValue: "38003")
    /// `reading_sql_data_not_permitted`.
    public static let externalRoutineReadingSQLDataNotPermitted = SQLState(rawValue: "38004")
}

/// Class 39: external Routine Invocation Exception.
extension SQLState {
    /// `external_routine_invocation_exception`.
    public static let externalRoutineInvocationException = SQLState(rawValue: "39000")
    /// `invalid_sqlstate_returned`.
    public static let externalRoutineInvocationInvalidSqlstateReturned = SQLState(rawValue: "39001")
    /// `null_value_not_allowed`.
    public static let externalRoutineInvocationNullValueNotAllowed = SQLState(rawValue: "39004")
    /// `trigger_protocol_violated`.
    public static let externalRoutineInvocationTriggerProtocolViolated = SQLState(rawValue: "39P01")
    /// `srf_protocol_violated`.
    public static let externalRoutineInvocationSrfProtocolViolated = SQLState(rawValue: "39P02")
    /// `event_trigger_protocol_violated`.
    public static let externalRoutineInvocationEventTriggerProtocolViolated = SQLState(
        rawValue: "39P03")
}

/// Class 3B: savepoint Exception.
extension SQLState {
    /// `savepoint_exception`.
    public static let savepointException = SQLState(rawValue: "3B000")
    /// `invalid_savepoint_specification`.
    public static let sEInvalidSpecification = SQLState(rawValue: "3B001")
}

/// Class 3D: invalid Catalog Name.
extension SQLState {
    /// The database does not exist.
    public static let invalidCatalogName = SQLState(rawValue: "3D000")
}

/// Class 3F: invalid Schema Name.
extension SQLState {
    /// The schema does not exist.
    public static let invalidSchemaName = SQLState(rawValue: "3F000")
}

/// Class 40: transaction Rollback.
extension SQLState {
    /// `transaction_rollback`.
    public static let transactionRollback = SQLState(rawValue: "40000")
    /// `transaction_integrity_constraint_violation`.
    public static let tRIntegrityConstraintViolation = SQLState(rawValue: "40002")
    /// Concurrent transactions collided.
    public static let serializationFailure = SQLState(rawValue: "40001")
    /// `statement_completion_unknown`.
    public static let tRStatementCompletionUnknown = SQLState(rawValue: "40003")
    /// A deadlock was broken by ending this transaction.
    public static let deadlockDetected = SQLState(rawValue: "40P01")
}

/// Class 42: syntax Error or Access Rule Violation.
extension SQLState {
    /// `syntax_error_or_access_rule_violation`.
    public static let syntaxErrorOrAccessRuleViolation = SQLState(rawValue: "42000")
    /// The statement is not SQL.
    public static let syntaxError = SQLState(rawValue: "42601")
    /// The role may not do this.
    public static let insufficientPrivilege = SQLState(rawValue: "42501")
    /// `cannot_coerce`.
    public static let cannotCoerce = SQLState(rawValue: "42846")
    /// `grouping_error`.
    public static let groupingError = SQLState(rawValue: "42803")
    /// `windowing_error`.
    public static let windowingError = SQLState(rawValue: "42P20")
    /// `invalid_recursion`.
    public static let invalidRecursion = SQLState(rawValue: "42P19")
    /// `invalid_foreign_key`.
    public static let invalidForeignKey = SQLState(rawValue: "42830")
    /// `invalid_name`.
    public static let invalidName = SQLState(rawValue: "42602")
    /// `name_too_long`.
    public static let nameTooLong = SQLState(rawValue: "42622")
    /// `reserved_name`.
    public static let reservedName = SQLState(rawValue: "42939")
    /// Types do not fit each other.
    public static let datatypeMismatch = SQLState(rawValue: "42804")
    /// `indeterminate_datatype`.
    public static let indeterminateDatatype = SQLState(rawValue: "42P18")
    /// `collation_mismatch`.
    public static let collationMismatch = SQLState(rawValue: "42P21")
    /// `indeterminate_collation`.
    public static let indeterminateCollation = SQLState(rawValue: "42P22")
    /// `wrong_object_type`.
    public static let wrongObjectType = SQLState(rawValue: "42809")
    /// `generated_always`.
    public static let generatedAlways = SQLState(rawValue: "428C9")
    /// A column does not exist.
    public static let undefinedColumn = SQLState(rawValue: "42703")
    /// A function does not exist.
    public static let undefinedFunction = SQLState(rawValue: "42883")
    /// A table does not exist.
    public static let undefinedTable = SQLState(rawValue: "42P01")
    /// `undefined_parameter`.
    public static let undefinedParameter = SQLState(rawValue: "42P02")
    /// An object does not exist.
    public static let undefinedObject = SQLState(rawValue: "42704")
    /// `duplicate_column`.
    public static let duplicateColumn = SQLState(rawValue: "42701")
    /// `duplicate_cursor`.
    public static let duplicateCursor = SQLState(rawValue: "42P03")
    /// A database exists already.
    public static let duplicateDatabase = SQLState(rawValue: "42P04")
    /// A function exists already.
    public static let duplicateFunction = SQLState(rawValue: "42723")
    /// `duplicate_prepared_statement`.
    public static let duplicatePstatement = SQLState(rawValue: "42P05")
    /// A schema exists already.
    public static let duplicateSchema = SQLState(rawValue: "42P06")
    /// A table exists already.
    public static let duplicateTable = SQLState(rawValue: "42P07")
    /// `duplicate_alias`.
    public static let duplicateAlias = SQLState(rawValue: "42712")
    /// An object exists already.
    public static let duplicateObject = SQLState(rawValue: "42710")
    /// `ambiguous_column`.
    public static let ambiguousColumn = SQLState(rawValue: "42702")
    /// `ambiguous_function`.
    public static let ambiguousFunction = SQLState(rawValue: "42725")
    /// `ambiguous_parameter`.
    public static let ambiguousParameter = SQLState(rawValue: "42P08")
    /// `ambiguous_alias`.
    public static let ambiguousAlias = SQLState(rawValue: "42P09")
    /// `invalid_column_reference`.
    public static let invalidColumnReference = SQLState(rawValue: "42P10")
    /// `invalid_column_definition`.
    public static let invalidColumnDefinition = SQLState(rawValue: "42611")
    /// `invalid_cursor_definition`.
    public static let invalidCursorDefinition = SQLState(rawValue: "42P11")
    /// `invalid_database_definition`.
    public static let invalidDatabaseDefinition = SQLState(rawValue: "42P12")
    /// `invalid_function_definition`.
    public static let invalidFunctionDefinition = SQLState(rawValue: "42P13")
    /// `invalid_prepared_statement_definition`.
    public static let invalidPstatementDefinition = SQLState(rawValue: "42P14")
    /// `invalid_schema_definition`.
    public static let invalidSchemaDefinition = SQLState(rawValue: "42P15")
    /// `invalid_table_definition`.
    public static let invalidTableDefinition = SQLState(rawValue: "42P16")
    /// `invalid_object_definition`.
    public static let invalidObjectDefinition = SQLState(rawValue: "42P17")
}

/// Class 44: wITH CHECK OPTION Violation.
extension SQLState {
    /// `with_check_option_violation`.
    public static let withCheckOptionViolation = SQLState(rawValue: "44000")
}

/// Class 53: insufficient Resources.
extension SQLState {
    /// `insufficient_resources`.
    public static let insufficientResources = SQLState(rawValue: "53000")
    /// The disk is full.
    public static let diskFull = SQLState(rawValue: "53100")
    /// The server is out of memory.
    public static let outOfMemory = SQLState(rawValue: "53200")
    /// The server has no connection left.
    public static let tooManyConnections = SQLState(rawValue: "53300")
    /// `configuration_limit_exceeded`.
    public static let configurationLimitExceeded = SQLState(rawValue: "53400")
}

/// Class 54: program Limit Exceeded.
extension SQLState {
    /// A limit of the server was passed.
    public static let programLimitExceeded = SQLState(rawValue: "54000")
    /// `statement_too_complex`.
    public static let statementTooComplex = SQLState(rawValue: "54001")
    /// `too_many_columns`.
    public static let tooManyColumns = SQLState(rawValue: "54011")
    /// `too_many_arguments`.
    public static let tooManyArguments = SQLState(rawValue: "54023")
}

/// Class 55: object Not In Prerequisite State.
extension SQLState {
    /// An object is not in the state that this needs.
    public static let objectNotInPrerequisiteState = SQLState(rawValue: "55000")
    /// An object is in use.
    public static let objectInUse = SQLState(rawValue: "55006")
    /// `cant_change_runtime_param`.
    public static let cantChangeRuntimeParam = SQLState(rawValue: "55P02")
    /// A lock could not be had in time.
    public static let lockNotAvailable = SQLState(rawValue: "55P03")
    /// `unsafe_new_enum_value_usage`.
    public static let unsafeNewEnumValueUsage = SQLState(rawValue: "55P04")
}

/// Class 57: operator Intervention.
extension SQLState {
    /// `operator_intervention`.
    public static let operatorIntervention = SQLState(rawValue: "57000")
    /// The statement was cancelled.
    public static let queryCanceled = SQLState(rawValue: "57014")
    /// An administrator ended the session.
    public static let adminShutdown = SQLState(rawValue: "57P01")
    /// The server ends after a crash.
    public static let crashShutdown = SQLState(rawValue: "57P02")
    /// The server is starting or stopping.
    public static let cannotConnectNow = SQLState(rawValue: "57P03")
    /// `database_dropped`.
    public static let databaseDropped = SQLState(rawValue: "57P04")
    /// `idle_session_timeout`.
    public static let idleSessionTimeout = SQLState(rawValue: "57P05")
}

/// Class 58: system Error (errors external to PostgreSQL itself).
extension SQLState {
    /// The operating system failed the server.
    public static let systemError = SQLState(rawValue: "58000")
    /// `io_error`.
    public static let ioError = SQLState(rawValue: "58030")
    /// `undefined_file`.
    public static let undefinedFile = SQLState(rawValue: "58P01")
    /// `duplicate_file`.
    public static let duplicateFile = SQLState(rawValue: "58P02")
}

/// Class 72: snapshot Failure.
extension SQLState {
    /// `snapshot_too_old`.
    public static let snapshotTooOld = SQLState(rawValue: "72000")
}

/// Class F0: configuration File Error.
extension SQLState {
    /// `config_file_error`.
    public static let configFileError = SQLState(rawValue: "F0000")
    /// `lock_file_exists`.
    public static let lockFileExists = SQLState(rawValue: "F0001")
}
