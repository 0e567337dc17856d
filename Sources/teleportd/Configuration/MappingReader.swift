import Yams

/// Reads the keys of one YAML mapping, and notes what does not fit.
///
/// A reader never throws: it returns nil and adds a finding, so that one run shows every mistake.
struct MappingReader {
    /// The mapping's own path, empty for the file.
    let path: String
    /// Where the mapping begins.
    let mark: Mark?
    private let entries: [String: Entry]
    private let findings: Findings

    private struct Entry {
        let mark: Mark?
        let value: Node
    }

    /// Wraps a mapping; keys other than `allowed` are findings, unless it is nil.
    init(_ mapping: Node.Mapping, path: String, allowed: [String]?, findings: Findings) {
        self.path = path
        self.mark = mapping.mark
        self.findings = findings
        var entries: [String: Entry] = [:]
        for (key, value) in mapping {
            guard let scalar = key.scalar else {
                findings.add(key.mark, path, "found \(Self.kind(key)) as a key, expected a name")
                continue
            }
            let name = scalar.string
            if let allowed, !allowed.contains(name) {
                findings.add(
                    scalar.mark, Self.join(path, name),
                    "found an unknown key, expected one of \(allowed.joined(separator: ", "))")
                continue
            }
            entries[name] = Entry(mark: scalar.mark, value: value)
        }
        self.entries = entries
    }

    /// The names of all keys, sorted.
    var keys: [String] { entries.keys.sorted() }

    /// Where a key stands.
    func mark(of key: String) -> Mark? { entries[key]?.mark }

    /// The full path of a key.
    func path(of key: String) -> String { Self.join(path, key) }

    /// Notes something about a key's value.
    func reject(_ key: String, _ message: String) {
        findings.add(entries[key]?.value.mark ?? mark, path(of: key), message)
    }

    private func entry(_ key: String, required: Bool, _ expected: String) -> Entry? {
        guard let entry = entries[key] else {
            if required {
                findings.add(mark, path(of: key), "found no such key, expected \(expected)")
            }
            return nil
        }
        return entry
    }

    private func reject(_ key: String, _ node: Node, _ expected: String, secret: Bool = false) {
        let found = secret ? Self.kind(node) : Self.describe(node)
        findings.add(node.mark, path(of: key), "found \(found), expected \(expected)")
    }

    // MARK: Values

    /// A text that is not empty; a number counts as its own digits.
    ///
    /// The value of a `secret` is never repeated in a message.
    func text(
        _ key: String, required: Bool, secret: Bool = false, expected: String = "a text"
    ) -> String? {
        guard let entry = entry(key, required: required, expected) else { return nil }
        let textual: [Tag.Name] = [.str, .int, .float, .timestamp]
        guard let scalar = entry.value.scalar,
            textual.contains(where: { Self.has($0, entry.value) })
        else {
            reject(key, entry.value, expected, secret: secret)
            return nil
        }
        guard !scalar.string.isEmpty else {
            reject(key, entry.value, expected, secret: secret)
            return nil
        }
        guard !scalar.string.unicodeScalars.contains("\0") else {
            reject(key, "found a zero character, expected \(expected)")
            return nil
        }
        return scalar.string
    }

    /// A whole number in a range, written without quotes.
    func integer(_ key: String, in range: ClosedRange<Int>, required: Bool = false) -> Int? {
        let expected = "a whole number from \(range.lowerBound) to \(range.upperBound)"
        guard let entry = entry(key, required: required, expected) else { return nil }
        guard Self.has(.int, entry.value), let number = entry.value.int, range.contains(number)
        else {
            reject(key, entry.value, expected)
            return nil
        }
        return number
    }

    /// `true` or `false`.
    func boolean(_ key: String) -> Bool? {
        guard let entry = entry(key, required: false, "true or false") else { return nil }
        guard Self.has(.bool, entry.value), let value = entry.value.bool else {
            reject(key, entry.value, "true or false")
            return nil
        }
        return value
    }

    /// One text or a list of texts.
    func texts(_ key: String, expected: String) -> [String]? {
        guard let entry = entry(key, required: true, expected) else { return nil }
        switch entry.value {
        case .scalar:
            return text(key, required: true, expected: expected).map { [$0] }
        case .sequence(let sequence):
            var result: [String] = []
            for node in sequence {
                guard let scalar = node.scalar, Self.has(.str, node), !scalar.string.isEmpty else {
                    reject(key, node, expected)
                    continue
                }
                result.append(scalar.string)
            }
            if sequence.isEmpty { reject(key, entry.value, expected) }
            return result.isEmpty ? nil : result
        case .mapping, .alias:
            reject(key, entry.value, expected)
            return nil
        }
    }

    /// Whether a mapping stands behind a key.
    func isMapping(_ key: String) -> Bool { entries[key]?.value.mapping != nil }

    /// A mapping below a key; nil as well where nothing stands behind a key that is not required.
    func mapping(_ key: String, allowed: [String]?, required: Bool) -> MappingReader? {
        let expected =
            "a mapping" + (allowed.map { " with \($0.joined(separator: ", "))" } ?? "")
        guard let entry = entry(key, required: required, expected) else { return nil }
        if !required, Self.has(.null, entry.value) { return nil }
        guard let mapping = entry.value.mapping else {
            reject(key, entry.value, expected)
            return nil
        }
        return MappingReader(
            mapping, path: path(of: key), allowed: allowed, findings: findings)
    }

    // MARK: Words

    private static func join(_ path: String, _ key: String) -> String {
        path.isEmpty ? key : path + "." + key
    }

    /// Whether a node is of one of YAML's own types.
    private static func has(_ type: Tag.Name, _ node: Node) -> Bool {
        node.tag == Tag(type)
    }

    /// What a node is, without its value.
    static func kind(_ node: Node) -> String {
        switch node {
        case .mapping: return "a mapping"
        case .sequence: return "a list"
        case .alias: return "an alias"
        case .scalar(let scalar):
            if has(.null, node) { return "nothing" }
            if has(.bool, node) { return "a truth value" }
            if has(.int, node) || has(.float, node) { return "a number" }
            return scalar.string.isEmpty ? "an empty text" : "a text"
        }
    }

    /// What a node is, with a short value.
    static func describe(_ node: Node) -> String {
        guard let scalar = node.scalar, !scalar.string.isEmpty, !has(.null, node) else {
            return kind(node)
        }
        let text = scalar.string.count > 60 ? scalar.string.prefix(60) + "…" : scalar.string[...]
        let isPlain = has(.int, node) || has(.float, node) || has(.bool, node)
        return isPlain ? String(text) : "the text \"\(text)\""
    }
}
