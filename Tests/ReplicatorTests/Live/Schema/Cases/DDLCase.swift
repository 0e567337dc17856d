import Foundation

/// One foreign case of a schema change, from a folder `TOOL/CASE/{a.sql, b.sql, …}`.
struct DDLCase: Sendable {
    /// `TOOL/CASE`.
    var name: String
    /// Its folder.
    var folder: String

    /// The folder of cases; nil where none is named.
    static let root = ProcessInfo.processInfo.environment["TELEPORT_DDL_CASES"]
    /// Which cases run, as a pattern of the shell; all by default.
    private static let only = ProcessInfo.processInfo.environment["TELEPORT_DDL_ONLY"]

    /// The cases that were asked for, in order of their names.
    static func all() throws -> [DDLCase] {
        guard let root else { return [] }
        let files = FileManager.default
        var cases: [DDLCase] = []
        for tool in try files.contentsOfDirectory(atPath: root).sorted() {
            let list = (try? files.contentsOfDirectory(atPath: "\(root)/\(tool)")) ?? []
            for name in list.sorted() {
                let found = DDLCase(name: "\(tool)/\(name)", folder: "\(root)/\(tool)/\(name)")
                if found.file("a.sql") != nil, found.isWanted { cases.append(found) }
            }
        }
        return cases
    }

    private var isWanted: Bool {
        guard let only = Self.only, !only.isEmpty else { return true }
        return only.split(separator: " ").contains { fnmatch(String($0), name, 0) == 0 }
    }

    /// The path of one of its files, where it exists.
    func file(_ name: String) -> String? {
        let path = "\(folder)/\(name)"
        return FileManager.default.fileExists(atPath: path) ? path : nil
    }

    /// The script that leads from a to b in place, where the case has one.
    var script: String? { file("peer_migration.sql") ?? file("migra_migration.sql") }

    /// The oldest server that it is for, 0 where it does not say.
    var minimumVersion: Int { meta["minVersion"] as? Int ?? 0 }

    /// The roles that it takes for granted, as words of SQL.
    var rolesNeeded: [String] { meta["roles"] as? [String] ?? [] }

    private var meta: [String: Any] {
        guard let path = file("meta.json"), let data = FileManager.default.contents(atPath: path)
        else { return [:] }
        return (try? JSONSerialization.jsonObject(with: data)) as? [String: Any] ?? [:]
    }

    /// The roles that its files make.
    var rolesMade: Set<String> {
        names(#/(?i)\bcreate\s+(?:role|user|group)\s+("(?:[^"]|"")+"|\w+)/#)
    }

    /// The schemas that its files make, and `public`.
    var schemas: Set<String> {
        names(
            #/(?i)\bcreate\s+schema\s+(?:if\s+not\s+exists\s+)?("(?:[^"]|"")+"|\w+)/#
        ).union(["public"])
    }

    /// The names that a pattern finds in its files, as the catalog has them.
    private func names(_ pattern: Regex<(Substring, Substring)>) -> Set<String> {
        var names: Set<String> = []
        for file in ["a.sql", "b.sql", "peer_migration.sql", "migra_migration.sql"] {
            guard let path = self.file(file),
                let text = try? String(contentsOfFile: path, encoding: .utf8)
            else { continue }
            for match in text.matches(of: pattern) {
                let name = String(match.output.1)
                names.insert(
                    name.hasPrefix("\"")
                        ? String(name.dropFirst().dropLast()).replacing("\"\"", with: "\"")
                        : name.lowercased())
            }
        }
        return names
    }
}
