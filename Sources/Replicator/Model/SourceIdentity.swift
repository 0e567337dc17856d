/// Which database's history events and positions belong to.
///
/// The incarnation is made when the objects are installed, and anew when they are found in another
/// cluster or database than they were installed in (a restored dump, a clone): a position of one
/// incarnation says nothing about another.
public struct SourceIdentity: Hashable, Sendable, Codable {
    /// A UUID in lower case.
    public let incarnation: String
    /// `database.name` of the source's configuration, for people.
    public let name: String

    /// Names a history.
    public init(incarnation: String, name: String) {
        self.incarnation = incarnation
        self.name = name
    }
}
