extension SchemaDump.Difference {
    /// The last part of the name, without the arguments of a routine.
    public var lastName: String {
        let plain = name.filter { $0 != "\"" }.prefix { $0 != "(" }
        return String(plain.split(separator: " ").last ?? plain)
    }

    /// Whether a report names this object, or what differs in it.
    public func isExplained(byKind reported: String, name object: String) -> Bool {
        let text = ([title] + changedLines).joined(separator: "\n").filter { $0 != "\"" }
        if object.hasSuffix(".*") {
            let word = [
                "COMMENT": "comment", "ACL": "privilege", "DEFAULT ACL": "privilege",
                "FK CONSTRAINT": "foreign key",
            ][kind]
            guard let word, reported.contains(word) else { return false }
            return schema == "-" || "\(schema).*" == object
        }
        if object.filter({ $0 != "\"" }).hasSuffix("." + lastName) { return true }
        return object.split(separator: ",").contains { part in
            let last = part.prefix { $0 != "(" }.split(separator: ".").last ?? ""
            let word = last.filter { $0 != "\"" }.split(separator: " ").first ?? ""
            return !word.isEmpty && text.hasWord(String(word))
        }
    }
}

extension String {
    /// Whether `word` stands in it, not as a part of a longer word.
    fileprivate func hasWord(_ word: String) -> Bool {
        var rest = self[...]
        while let range = rest.firstRange(of: word) {
            let before = self[..<range.lowerBound].last
            let after = self[range.upperBound...].first
            if !(before?.isPartOfWord ?? false), !(after?.isPartOfWord ?? false) { return true }
            rest = rest[range.upperBound...]
        }
        return false
    }
}

extension Character {
    fileprivate var isPartOfWord: Bool { isLetter || isNumber || self == "_" || self == "$" }
}
