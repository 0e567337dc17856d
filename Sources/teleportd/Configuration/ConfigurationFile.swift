import Foundation
import PGWire
import Replicator
import Yams

/// Reads a configuration file.
enum ConfigurationFile {
    /// Reads and checks a file.
    ///
    /// - Throws: `ConfigurationError` with everything that is wrong; nothing was touched then.
    static func load(
        _ path: String, environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(ConfigurationError) -> DaemonConfiguration {
        let text: String
        do {
            guard let handle = FileHandle(forReadingAtPath: path) else {
                throw CocoaError(.fileReadNoSuchFile)
            }
            let data = try handle.read(upToCount: Limits.configurationFile + 1) ?? Data()
            guard data.count <= Limits.configurationFile else {
                throw whole(
                    path, "found more than \(Limits.configurationFile) bytes, expected less")
            }
            guard let decoded = String(data: data, encoding: .utf8) else {
                throw whole(path, "found bytes that are not UTF-8, expected a YAML file")
            }
            text = decoded
        } catch let error as ConfigurationError {
            throw error
        } catch {
            throw whole(path, "found no readable file, expected a YAML file")
        }
        return try parse(text, file: path, environment: environment).get()
    }

    /// Checks a text: a pure function of the text and the environment.
    static func parse(
        _ text: String, file: String, environment: [String: String] = [:]
    ) -> Result<DaemonConfiguration, ConfigurationError> {
        let findings = Findings()
        let root: Node?
        do {
            root = try compose(yaml: text)
        } catch {
            findings.add(yaml: error, text: text)
            return .failure(.init(file: file, findings: findings.sorted))
        }
        guard case .mapping(let mapping)? = root else {
            findings.add(
                root?.mark, "",
                "found \(root.map(MappingReader.kind) ?? "nothing"), expected a mapping with database and server"
            )
            return .failure(.init(file: file, findings: findings.sorted))
        }
        let configuration = SectionReader(environment: environment).read(
            MappingReader(
                mapping, path: "", allowed: SectionReader.rootKeys, findings: findings))
        guard findings.items.isEmpty, let configuration else {
            return .failure(.init(file: file, findings: findings.sorted))
        }
        return .success(configuration)
    }

    private static func whole(_ path: String, _ message: String) -> ConfigurationError {
        ConfigurationError(
            file: path, findings: [.init(line: 1, column: 1, path: "", message: message)])
    }
}

extension Findings {
    /// Notes why a text is no YAML.
    ///
    /// The line itself is not repeated: it may hold a password.
    func add(yaml error: any Error, text: String) {
        switch error as? YamlError {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            add(mark, "", "found YAML that cannot be read: \(problem)")
        case .reader(let problem, _, _, _):
            add(nil, "", "found YAML that cannot be read: \(problem)")
        case .duplicatedKeysInMapping(let duplicates, let context):
            for key in duplicates.sorted() {
                let line = Self.secondLine(of: key, in: text, from: context.mark)
                add(
                    line: line ?? context.mark.line, column: context.mark.column, key,
                    "found the key twice, expected it once")
            }
        default:
            add(nil, "", "found YAML that cannot be read")
        }
    }

    /// The line where a key of a block mapping stands for the second time; nil in flow style.
    private static func secondLine(of key: String, in text: String, from mark: Mark) -> Int? {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        var seen = 0
        for (index, line) in lines.enumerated() where index + 1 >= mark.line {
            let indent = line.prefix { $0 == " " }.count
            let rest = line.dropFirst(indent)
            if indent + 1 < mark.column, !rest.isEmpty, !rest.hasPrefix("#") { return nil }
            guard indent + 1 == mark.column else { continue }
            let heads = ["\(key):", "\"\(key)\":", "'\(key)':"]
            if heads.contains(where: { rest.hasPrefix($0) }) { seen += 1 }
            if seen == 2 { return index + 1 }
        }
        return nil
    }
}
