/// What a server says (manual, 55.7).
package enum BackendMessage: Sendable, Equatable {
    /// A step of the login.
    case authentication(AuthenticationRequest)
    /// What a CancelRequest must carry.
    case backendKeyData(CancelKey)
    /// Bind succeeded.
    case bindComplete
    /// Close succeeded.
    case closeComplete
    /// A statement ended; the text is its tag.
    case commandComplete(String)
    /// One or more CopyData messages in a row, payloads concatenated.
    case copyData([UInt8], count: Int)
    /// The server has sent all of a COPY OUT.
    case copyDone
    /// The server waits for CopyData.
    case copyInResponse
    /// CopyData follows.
    case copyOutResponse
    /// CopyData in both directions: replication only.
    case copyBothResponse
    /// One or more rows.
    case dataRows(RowBlock)
    /// The query text held no statement.
    case emptyQueryResponse
    /// A statement failed, or the session ends.
    case errorResponse(PGServerError)
    /// The protocol version the server speaks, and the options it does not know.
    case negotiateProtocolVersion(UInt32, unknown: [String])
    /// The statement has no result set.
    case noData
    /// Something a person may want to know.
    case noticeResponse(PGServerError)
    /// A NOTIFY.
    case notificationResponse(PGNotification)
    /// The types of a statement's parameters.
    case parameterDescription([UInt32])
    /// The value of a setting.
    case parameterStatus(name: String, value: String)
    /// Parse succeeded.
    case parseComplete
    /// The row limit of Execute was reached.
    case portalSuspended
    /// The server waits for the next request.
    case readyForQuery(PGTransactionStatus)
    /// The columns of the rows that follow.
    case rowDescription([PGColumn])
}

/// What the server asks for while logging in.
package enum AuthenticationRequest: Sendable, Equatable {
    /// Nothing more.
    case ok
    /// The password as it is.
    case cleartextPassword
    /// The password, hashed with this salt.
    case md5Password(salt: [UInt8])
    /// One of these SASL mechanisms.
    case sasl(mechanisms: [String])
    /// The next step of a SASL exchange.
    case saslContinue([UInt8])
    /// The last step of a SASL exchange.
    case saslFinal([UInt8])
    /// A method that is not spoken here.
    case unsupported(UInt32)
}

/// What a CancelRequest must carry.
package struct CancelKey: Sendable, Hashable {
    /// The server process.
    package let processID: UInt32
    /// The secret that the server gave out.
    package let secret: [UInt8]
}
