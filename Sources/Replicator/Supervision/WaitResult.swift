/// Whether everything committed before a call is on the targets.
public struct WaitResult: Sendable, Hashable, Codable {
    /// Whether it is.
    public var isDone: Bool
    /// What stands in the way, where it is not; for people.
    public var reason: String?

    /// It is.
    public static let done = WaitResult(isDone: true, reason: nil)

    /// It is not.
    public static func failed(_ reason: String) -> WaitResult {
        WaitResult(isDone: false, reason: reason)
    }
}
