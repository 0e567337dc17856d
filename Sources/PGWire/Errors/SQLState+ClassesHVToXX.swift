// Every condition of the manual's appendix A (PostgreSQL 15), by the name it has in the server's
// errcodes.txt.

/// Class HV: foreign Data Wrapper Error (SQL/MED).
extension SQLState {
    /// `fdw_error`.
    public static let fdwError = SQLState(rawValue: "HV000")
    /// `fdw_column_name_not_found`.
    public static let fdwColumnNameNotFound = SQLState(rawValue: "HV005")
    /// `fdw_dynamic_parameter_value_needed`.
    public static let fdwDynamicParameterValueNeeded = SQLState(rawValue: "HV002")
    /// `fdw_function_sequence_error`.
    public static let fdwFunctionSequenceError = SQLState(rawValue: "HV010")
    /// `fdw_inconsistent_descriptor_information`.
    public static let fdwInconsistentDescriptorInformation = SQLState(rawValue: "HV021")
    /// `fdw_invalid_attribute_value`.
    public static let fdwInvalidAttributeValue = SQLState(rawValue: "HV024")
    /// `fdw_invalid_column_name`.
    public static let fdwInvalidColumnName = SQLState(rawValue: "HV007")
    /// `fdw_invalid_column_number`.
    public static let fdwInvalidColumnNumber = SQLState(rawValue: "HV008")
    /// `fdw_invalid_data_type`.
    public static let fdwInvalidDataType = SQLState(rawValue: "HV004")
    /// `fdw_invalid_data_type_descriptors`.
    public static let fdwInvalidDataTypeDescriptors = SQLState(rawValue: "HV006")
    /// `fdw_invalid_descriptor_field_identifier`.
    public static let fdwInvalidDescriptorFieldIdentifier = SQLState(rawValue: "HV091")
    /// `fdw_invalid_handle`.
    public static let fdwInvalidHandle = SQLState(rawValue: "HV00B")
    /// `fdw_invalid_option_index`.
    public static let fdwInvalidOptionIndex = SQLState(rawValue: "HV00C")
    /// `fdw_invalid_option_name`.
    public static let fdwInvalidOptionName = SQLState(rawValue: "HV00D")
    /// `fdw_invalid_string_length_or_buffer_length`.
    public static let fdwInvalidStringLengthOrBufferLength = SQLState(rawValue: "HV090")
    /// `fdw_invalid_string_format`.
    public static let fdwInvalidStringFormat = SQLState(rawValue: "HV00A")
    /// `fdw_invalid_use_of_null_pointer`.
    public static let fdwInvalidUseOfNullPointer = SQLState(rawValue: "HV009")
    /// `fdw_too_many_handles`.
    public static let fdwTooManyHandles = SQLState(rawValue: "HV014")
    /// `fdw_out_of_memory`.
    public static let fdwOutOfMemory = SQLState(rawValue: "HV001")
    /// `fdw_no_schemas`.
    public static let fdwNoSchemas = SQLState(rawValue: "HV00P")
    /// `fdw_option_name_not_found`.
    public static let fdwOptionNameNotFound = SQLState(rawValue: "HV00J")
    /// `fdw_reply_handle`.
    public static let fdwReplyHandle = SQLState(rawValue: "HV00K")
    /// `fdw_schema_not_found`.
    public static let fdwSchemaNotFound = SQLState(rawValue: "HV00Q")
    /// `fdw_table_not_found`.
    public static let fdwTableNotFound = SQLState(rawValue: "HV00R")
    /// `fdw_unable_to_create_execution`.
    public static let fdwUnableToCreateExecution = SQLState(rawValue: "HV00L")
    /// `fdw_unable_to_create_reply`.
    public static let fdwUnableToCreateReply = SQLState(rawValue: "HV00M")
    /// `fdw_unable_to_establish_connection`.
    public static let fdwUnableToEstablishConnection = SQLState(rawValue: "HV00N")
}

/// Class P0: pL/pgSQL Error.
extension SQLState {
    /// `plpgsql_error`.
    public static let plpgsqlError = SQLState(rawValue: "P0000")
    /// A function raised an exception.
    public static let raiseException = SQLState(rawValue: "P0001")
    /// `no_data_found`.
    public static let noDataFound = SQLState(rawValue: "P0002")
    /// `too_many_rows`.
    public static let tooManyRows = SQLState(rawValue: "P0003")
    /// `assert_failure`.
    public static let assertFailure = SQLState(rawValue: "P0004")
}

/// Class XX: internal Error.
extension SQLState {
    /// The server found a fault in itself.
    public static let internalError = SQLState(rawValue: "XX000")
    /// Data are damaged.
    public static let dataCorrupted = SQLState(rawValue: "XX001")
    /// `index_corrupted`.
    public static let indexCorrupted = SQLState(rawValue: "XX002")
}
