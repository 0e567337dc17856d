import Foundation
import Logging

/// Writes each event as one line to standard error: UTC time, level, message, metadata.
///
/// Control characters in values are escaped, so that nothing a peer says can look like a line of its
/// own. A line is one `write`, so that lines of several threads do not mix.
struct LineLogHandler: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level

    /// A handler that passes events from a level on.
    init(level: Logger.Level) {
        self.logLevel = level
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let all = metadata.merging(event.metadata ?? [:]) { _, new in new }
        let error = event.error.map { ["error": Logger.MetadataValue.string("\($0)")] } ?? [:]
        let line = Self.line(
            at: Date(), event.level, event.message.description,
            all.merging(error) { old, _ in old })
        FileHandle.standardError.write(Data(line.utf8))
    }

    /// One line, with its newline.
    static func line(
        at time: Date, _ level: Logger.Level, _ message: String, _ metadata: Logger.Metadata
    ) -> String {
        let stamp = time.formatted(
            Date.ISO8601FormatStyle(includingFractionalSeconds: true, timeZone: .gmt))
        let pairs = metadata.sorted { $0.key < $1.key }.map { key, value in
            " \(key)=\(quoted("\(value)"))"
        }
        return "\(stamp) \(level.rawValue) \(escaped(message))\(pairs.joined())\n"
    }

    private static func quoted(_ text: String) -> String {
        let escaped = escaped(text)
        let isPlain =
            !escaped.isEmpty && !escaped.contains(where: { " \"=".contains($0) })
        return isPlain
            ? escaped : "\"" + escaped.replacingOccurrences(of: "\"", with: "\\\"") + "\""
    }

    private static func escaped(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
        else { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case _ where scalar.properties.generalCategory == .control:
                result += "\\u{\(String(scalar.value, radix: 16))}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
