// Every condition of the manual's appendix A (PostgreSQL 15), by the name it has in the server's
// errcodes.txt.

/// Class 00: successful Completion.
extension SQLState {
    /// `successful_completion`.
    public static let successfulCompletion = SQLState(rawValue: "00000")
}

/// Class 01: warning.
extension SQLState {
    /// `warning`.
    public static let warning = SQLState(rawValue: "01000")
    /// `dynamic_result_sets_returned`.
    public static let warningDynamicResultSetsReturned = SQLState(rawValue: "0100C")
    /// `implicit_zero_bit_padding`.
    public static let warningImplicitZeroBitPadding = SQLState(rawValue: "01008")
    /// `null_value_eliminated_in_set_function`.
    public static let warningNullValueEliminatedInSetFunction = SQLState(rawValue: "01003")
    /// `privilege_not_granted`.
    public static let warningPrivilegeNotGranted = SQLState(rawValue: "01007")
    /// `privilege_not_revoked`.
    public static let warningPrivilegeNotRevoked = SQLState(rawValue: "01006")
    /// `string_data_right_truncation`.
    public static let warningStringDataRightTruncation = SQLState(rawValue: "01004")
    /// `deprecated_feature`.
    public static let warningDeprecatedFeature = SQLState(rawValue: "01P01")
}

/// Class 02: no Data (this is also a warning class per the SQL standard).
extension SQLState {
    /// `no_data`.
    public static let noData = SQLState(rawValue: "02000")
    /// `no_additional_dynamic_result_sets_returned`.
    public static let noAdditionalDynamicResultSetsReturned = SQLState(rawValue: "02001")
}

/// Class 03: sQL Statement Not Yet Complete.
extension SQLState {
    /// `sql_statement_not_yet_complete`.
    public static let sqlStatementNotYetComplete = SQLState(rawValue: "03000")
}

/// Class 08: connection Exception.
extension SQLState {
    /// `connection_exception`.
    public static let connectionException = SQLState(rawValue: "08000")
    /// `connection_does_not_exist`.
    public static let connectionDoesNotExist = SQLState(rawValue: "08003")
    /// The connection failed.
    public static let connectionFailure = SQLState(rawValue: "08006")
    /// `sqlclient_unable_to_establish_sqlconnection`.
    public static let sqlclientUnableToEstablishSqlconnection = SQLState(rawValue: "08001")
    /// `sqlserver_rejected_establishment_of_sqlconnection`.
    public static let sqlserverRejectedEstablishmentOfSqlconnection = SQLState(rawValue: "08004")
    /// `transaction_resolution_unknown`.
    public static let transactionResolutionUnknown = SQLState(rawValue: "08007")
    /// The client broke the protocol.
    public static let protocolViolation = SQLState(rawValue: "08P01")
}

/// Class 09: triggered Action Exception.
extension SQLState {
    /// `triggered_action_exception`.
    public static let triggeredActionException = SQLState(rawValue: "09000")
}

/// Class 0A: feature Not Supported.
extension SQLState {
    /// The server cannot do this.
    public static let featureNotSupported = SQLState(rawValue: "0A000")
}

/// Class 0B: invalid Transaction Initiation.
extension SQLState {
    /// `invalid_transaction_initiation`.
    public static let invalidTransactionInitiation = SQLState(rawValue: "0B000")
}

/// Class 0F: locator Exception.
extension SQLState {
    /// `locator_exception`.
    public static let locatorException = SQLState(rawValue: "0F000")
    /// `invalid_locator_specification`.
    public static let lEInvalidSpecification = SQLState(rawValue: "0F001")
}

/// Class 0L: invalid Grantor.
extension SQLState {
    /// `invalid_grantor`.
    public static let invalidGrantor = SQLState(rawValue: "0L000")
    /// `invalid_grant_operation`.
    public static let invalidGrantOperation = SQLState(rawValue: "0LP01")
}

/// Class 0P: invalid Role Specification.
extension SQLState {
    /// `invalid_role_specification`.
    public static let invalidRoleSpecification = SQLState(rawValue: "0P000")
}

/// Class 0Z: diagnostics Exception.
extension SQLState {
    /// `diagnostics_exception`.
    public static let diagnosticsException = SQLState(rawValue: "0Z000")
    /// `stacked_diagnostics_accessed_without_active_handler`.
    public static let stackedDiagnosticsAccessedWithoutActiveHandler = SQLState(rawValue: "0Z002")
}

/// Class 20: case Not Found.
extension SQLState {
    /// `case_not_found`.
    public static let caseNotFound = SQLState(rawValue: "20000")
}

/// Class 21: cardinality Violation.
extension SQLState {
    /// `cardinality_violation`.
    public static let cardinalityViolation = SQLState(rawValue: "21000")
}

/// Class 22: data Exception.
extension SQLState {
    /// `data_exception`.
    public static let dataException = SQLState(rawValue: "22000")
    /// `array_element_error`.
    public static let arrayElementError = SQLState(rawValue: "2202E")
    /// A byte sequence is not valid in the encoding.
    public static let characterNotInRepertoire = SQLState(rawValue: "22021")
    /// `datetime_field_overflow`.
    public static let datetimeFieldOverflow = SQLState(rawValue: "22008")
    /// `division_by_zero`.
    public static let divisionByZero = SQLState(rawValue: "22012")
    /// `error_in_assignment`.
    public static let errorInAssignment = SQLState(rawValue: "22005")
    /// `escape_character_conflict`.
    public static let escapeCharacterConflict = SQLState(rawValue: "2200B")
    /// `indicator_overflow`.
    public static let indicatorOverflow = SQLState(rawValue: "22022")
    /// `interval_field_overflow`.
    public static let intervalFieldOverflow = SQLState(rawValue: "22015")
    /// `invalid_argument_for_logarithm`.
    public static let invalidArgumentForLog = SQLState(rawValue: "2201E")
    /// `invalid_argument_for_ntile_function`.
    public static let invalidArgumentForNtile = SQLState(rawValue: "22014")
    /// `invalid_argument_for_nth_value_function`.
    public static let invalidArgumentForNthValue = SQLState(rawValue: "22016")
    /// `invalid_argument_for_power_function`.
    public static let invalidArgumentForPowerFunction = SQLState(rawValue: "2201F")
    /// `invalid_argument_for_width_bucket_function`.
    public static let invalidArgumentForWidthBucketFunction = SQLState(rawValue: "2201G")
    /// `invalid_character_value_for_cast`.
    public static let invalidCharacterValueForCast = SQLState(rawValue: "22018")
    /// `invalid_datetime_format`.
    public static let invalidDatetimeFormat = SQLState(rawValue: "22007")
    /// `invalid_escape_character`.
    public static let invalidEscapeCharacter = SQLState(rawValue: "22019")
    /// `invalid_escape_octet`.
    public static let invalidEscapeOctet = SQLState(rawValue: "2200D")
    /// `invalid_escape_sequence`.
    public static let invalidEscapeSequence = SQLState(rawValue: "22025")
    /// `nonstandard_use_of_escape_character`.
    public static let nonstandardUseOfEscapeCharacter = SQLState(rawValue: "22P06")
    /// `invalid_indicator_parameter_value`.
    public static let invalidIndicatorParameterValue = SQLState(rawValue: "22010")
    /// `invalid_parameter_value`.
    public static let invalidParameterValue = SQLState(rawValue: "22023")
    /// `invalid_preceding_or_following_size`.
    public static let invalidPrecedingOrFollowingSize = SQLState(rawValue: "22013")
    /// `invalid_regular_expression`.
    public static let invalidRegularExpression = SQLState(rawValue: "2201B")
    /// `invalid_row_count_in_limit_clause`.
    public static let invalidRowCountInLimitClause = SQLState(rawValue: "2201W")
    /// `invalid_row_count_in_result_offset_clause`.
    public static let invalidRowCountInResultOffsetClause = SQLState(rawValue: "2201X")
    /// `invalid_tablesample_argument`.
    public static let invalidTablesampleArgument = SQLState(rawValue: "2202H")
    /// `invalid_tablesample_repeat`.
    public static let invalidTablesampleRepeat = SQLState(rawValue: "2202G")
    /// `invalid_time_zone_displacement_value`.
    public static let invalidTimeZoneDisplacementValue = SQLState(rawValue: "22009")
    /// `invalid_use_of_escape_character`.
    public static let invalidUseOfEscapeCharacter = SQLState(rawValue: "2200C")
    /// `most_specific_type_mismatch`.
    public static let mostSpecificTypeMismatch = SQLState(rawValue: "2200G")
    /// `null_value_not_allowed`.
    public static let nullValueNotAllowed = SQLState(rawValue: "22004")
    /// `null_value_no_indicator_parameter`.
    public static let nullValueNoIndicatorParameter = SQLState(rawValue: "22002")
    /// A number does not fit its type.
    public static let numericValueOutOfRange = SQLState(rawValue: "22003")
    /// `sequence_generator_limit_exceeded`.
    public static let sequenceGeneratorLimitExceeded = SQLState(rawValue: "2200H")
    /// `string_data_length_mismatch`.
    public static let stringDataLengthMismatch = SQLState(rawValue: "22026")
    /// A value is too long for its column.
    public static let stringDataRightTruncation = SQLState(rawValue: "22001")
    /// `substring_error`.
    public static let substringError = SQLState(rawValue: "22011")
    /// `trim_error`.
    public static let trimError = SQLState(rawValue: "22027")
    /// `unterminated_c_string`.
    public static let unterminatedCString = SQLState(rawValue: "22024")
    /// `zero_length_character_string`.
    public static let zeroLengthCharacterString = SQLState(rawValue: "2200F")
    /// `floating_point_exception`.
    public static let floatingPointException = SQLState(rawValue: "22P01")
    /// A text does not fit its type.
    public static let invalidTextRepresentation = SQLState(rawValue: "22P02")
    /// `invalid_binary_representation`.
    public static let invalidBinaryRepresentation = SQLState(rawValue: "22P03")
    /// The data of a COPY are malformed.
    public static let badCopyFileFormat = SQLState(rawValue: "22P04")
    /// `untranslatable_character`.
    public static let untranslatableCharacter = SQLState(rawValue: "22P05")
    /// `not_an_xml_document`.
    public static let notAnXMLDocument = SQLState(rawValue: "2200L")
    /// `invalid_xml_document`.
    public static let invalidXMLDocument = SQLState(rawValue: "2200M")
    /// `invalid_xml_content`.
    public static let invalidXMLContent = SQLState(rawValue: "2200N")
    /// `invalid_xml_comment`.
    public static let invalidXMLComment = SQLState(rawValue: "2200S")
    /// `invalid_xml_processing_instruction`.
    public static let invalidXMLProcessingInstruction = SQLState(rawValue: "2200T")
    /// `duplicate_json_object_key_value`.
    public static let duplicateJSONObjectKeyValue = SQLState(rawValue: "22030")
    /// `invalid_argument_for_sql_json_datetime_function`.
    public static let invalidArgumentForSQLJSONDatetimeFunction = SQLState(rawValue: "22031")
    /// `invalid_json_text`.
    public static let invalidJSONText = SQLState(rawValue: "22032")
    /// `invalid_sql_json_subscript`.
    public static let invalidSQLJSONSubscript = SQLState(rawValue: "22033")
    /// `more_than_one_sql_json_item`.
    public static let moreThanOneSQLJSONItem = SQLState(rawValue: "22034")
    /// `no_sql_json_item`.
    public static let noSQLJSONItem = SQLState(rawValue: "22035")
    /// `non_numeric_sql_json_item`.
    public static let nonNumericSQLJSONItem = SQLState(rawValue: "22036")
    /// `non_unique_keys_in_a_json_object`.
    public static let nonUniqueKeysInAJSONObject = SQLState(rawValue: "22037")
    /// `singleton_sql_json_item_required`.
    public static let singletonSQLJSONItemRequired = SQLState(rawValue: "22038")
    /// `sql_json_array_not_found`.
    public static let sqlJSONArrayNotFound = SQLState(rawValue: "22039")
    /// `sql_json_member_not_found`.
    public static let sqlJSONMemberNotFound = SQLState(rawValue: "2203A")
    /// `sql_json_number_not_found`.
    public static let sqlJSONNumberNotFound = SQLState(rawValue: "2203B")
    /// `sql_json_object_not_found`.
    public static let sqlJSONObjectNotFound = SQLState(rawValue: "2203C")
    /// `too_many_json_array_elements`.
    public static let tooManyJSONArrayElements = SQLState(rawValue: "2203D")
    /// `too_many_json_object_members`.
    public static let tooManyJSONObjectMembers = SQLState(rawValue: "2203E")
    /// `sql_json_scalar_required`.
    public static let sqlJSONScalarRequired = SQLState(rawValue: "2203F")
    /// `sql_json_item_cannot_be_cast_to_target_type`.
    public static let sqlJSONItemCannotBeCastToTargetType = SQLState(rawValue: "2203G")
}

/// Class 23: integrity Constraint Violation.
extension SQLState {
    /// `integrity_constraint_violation`.
    public static let integrityConstraintViolation = SQLState(rawValue: "23000")
    /// `restrict_violation`.
    public static let restrictViolation = SQLState(rawValue: "23001")
    /// A value must not be NULL.
    public static let notNullViolation = SQLState(rawValue: "23502")
    /// A referenced row is missing or a referencing one exists.
    public static let foreignKeyViolation = SQLState(rawValue: "23503")
    /// A key exists already.
    public static let uniqueViolation = SQLState(rawValue: "23505")
    /// A check constraint does not hold.
    public static let checkViolation = SQLState(rawValue: "23514")
    /// `exclusion_violation`.
    public static let exclusionViolation = SQLState(rawValue: "23P01")
}

/// Class 24: invalid Cursor State.
extension SQLState {
    /// `invalid_cursor_state`.
    public static let invalidCursorState = SQLState(rawValue: "24000")
}

/// Class 25: invalid Transaction State.
extension SQLState {
    /// `invalid_transaction_state`.
    public static let invalidTransactionState = SQLState(rawValue: "25000")
    /// `active_sql_transaction`.
    public static let activeSQLTransaction = SQLState(rawValue: "25001")
    /// `branch_transaction_already_active`.
    public static let branchTransactionAlreadyActive = SQLState(rawValue: "25002")
    /// `held_cursor_requires_same_isolation_level`.
    public static let heldCursorRequiresSameIsolationLevel = SQLState(rawValue: "25008")
    /// `inappropriate_access_mode_for_branch_transaction`.
    public static let inappropriateAccessModeForBranchTransaction = SQLState(rawValue: "25003")
    /// `inappropriate_isolation_level_for_branch_transaction`.
    public static let inappropriateIsolationLevelForBranchTransaction = SQLState(rawValue: "25004")
    /// `no_active_sql_transaction_for_branch_transaction`.
    public static let noActiveSQLTransactionForBranchTransaction = SQLState(rawValue: "25005")
    /// The transaction or the server is read-only.
    public static let readOnlySQLTransaction = SQLState(rawValue: "25006")
    /// `schema_and_data_statement_mixing_not_supported`.
    public static let schemaAndDataStatementMixingNotSupported = SQLState(rawValue: "25007")
    /// `no_active_sql_transaction`.
    public static let noActiveSQLTransaction = SQLState(rawValue: "25P01")
    /// The transaction has failed and must be rolled back.
    public static let inFailedSQLTransaction = SQLState(rawValue: "25P02")
    /// `idle_in_transaction_session_timeout`.
    public static let idleInTransactionSessionTimeout = SQLState(rawValue: "25P03")
}

/// Class 26: invalid SQL Statement Name.
extension SQLState {
    /// A prepared statement does not exist.
    public static let invalidSQLStatementName = SQLState(rawValue: "26000")
}

/// Class 27: triggered Data Change Violation.
extension SQLState {
    /// `triggered_data_change_violation`.
    public static let triggeredDataChangeViolation = SQLState(rawValue: "27000")
}
