/// The version of the program.
enum Version {
    /// `major.minor.patch`.
    static let text = "0.1.0"
}
