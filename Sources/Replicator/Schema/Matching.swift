/// Which object of a new catalog is which object of an old one.
///
/// Within an epoch an oid is an identity, so that a rename is a rename; what is left over is
/// matched by name. Across epochs only names count.
struct Matching<Item> {
    /// The same object, before and now.
    var pairs: [(old: Item, new: Item, isByName: Bool)] = []
    var dropped: [Item] = []
    var created: [Item] = []

    init<Name: Hashable>(
        _ old: [Item], _ new: [Item], identity: ((Item) -> UInt32)?, name: (Item) -> Name
    ) {
        var rest = old
        var open: [Item] = []
        if let identity {
            let known = Dictionary(old.map { (identity($0), $0) }, uniquingKeysWith: { $1 })
            var matched: Set<UInt32> = []
            for item in new {
                if let before = known[identity(item)] {
                    pairs.append((before, item, false))
                    matched.insert(identity(item))
                } else {
                    open.append(item)
                }
            }
            rest = old.filter { !matched.contains(identity($0)) }
        } else {
            open = new
        }
        let named = Dictionary(rest.map { (name($0), $0) }, uniquingKeysWith: { $1 })
        var taken: Set<Name> = []
        for item in open {
            if let before = named[name(item)], taken.insert(name(item)).inserted {
                pairs.append((before, item, true))
            } else {
                created.append(item)
            }
        }
        dropped = rest.filter { !taken.contains(name($0)) }
    }
}

/// A step of a set of renames.
struct Rename: Hashable {
    var from: String
    var to: String

    /// Orders renames within one space of names; where a name is still taken (a swap, a chain) the
    /// way goes through a temporary one.
    static func steps(_ renames: [(id: UInt32, from: String, to: String)]) -> [Rename] {
        let changing = renames.filter { $0.from != $0.to }
        let taken = Set(changing.map(\.from))
        var aside: [Rename] = []
        var direct: [Rename] = []
        var last: [Rename] = []
        for rename in changing {
            if taken.contains(rename.to) {
                let temporary = "teleport_rename_\(rename.id)"
                aside.append(Rename(from: rename.from, to: temporary))
                last.append(Rename(from: temporary, to: rename.to))
            } else {
                direct.append(Rename(from: rename.from, to: rename.to))
            }
        }
        return aside + direct + last
    }
}
