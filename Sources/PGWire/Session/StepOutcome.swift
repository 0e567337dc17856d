/// What became of one step of a request.
package enum StepOutcome: Sendable {
    /// A statement ran.
    case executed(PGResult)
    /// A statement was prepared.
    case prepared(parameters: [PGType], columns: [PGColumn])
    /// A statement was forgotten.
    case closed
    /// It failed, or was not run since one before it had failed.
    case failed(PGError)

    /// The result of a statement that ran.
    package var result: PGResult? {
        switch self {
        case .executed(let result): result
        case .prepared, .closed, .failed: nil
        }
    }
}
