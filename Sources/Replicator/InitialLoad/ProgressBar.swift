/// Progress as text: pure, the terminal is elsewhere.
public enum ProgressBar {
    /// One line: a bar where there is a width, else words for a log.
    ///
    /// - Parameters:
    ///   - progress: how far the load is.
    ///   - width: the terminal's columns; nil where the output is none.
    /// - Returns: a text without line breaks, not wider than the terminal.
    public static func render(_ progress: LoadProgress, width: Int?) -> String {
        let percent = Int(progress.fraction * 100)
        let rest = progress.remaining.map { duration($0) + " left" } ?? "estimating"
        let figures =
            "\(percent) %  \(progress.doneChunks)/\(progress.totalChunks) chunks  "
            + "\(grouped(progress.rows)) rows  \(bytes(progress.sentBytes))  "
            + "\(bytes(Int64(progress.bytesPerSecond)))/s  \(rest)"
        guard let width else { return figures }
        let room = width - figures.count - 3
        guard room >= 8 else { return String(figures.prefix(max(width, 0))) }
        let cells = min(room, 40)
        let filled = Int(progress.fraction * Double(cells))
        return "[" + String(repeating: "#", count: filled)
            + String(repeating: "-", count: cells - filled) + "] " + figures
    }

    /// The summary as a table: a line a table, and the sum.
    public static func render(_ summary: LoadSummary) -> String {
        let head = ["table", "rows", "bytes", "seconds", "rate"]
        func line(_ name: String, _ rows: Int64, _ size: Int64, _ time: Duration) -> [String] {
            let seconds = time / .seconds(1)
            let rate = seconds > 0 ? bytes(Int64(Double(size) / seconds)) + "/s" : "-"
            return [name, grouped(rows), bytes(size), fixed(seconds), rate]
        }
        var lines = [head] + summary.tables.map { line($0.name, $0.rows, $0.bytes, $0.busy) }
        lines.append(
            line(
                "all (elapsed)", summary.tables.reduce(0) { $0 + $1.rows },
                summary.tables.reduce(0) { $0 + $1.bytes }, summary.elapsed))
        let widths = head.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        return lines.map { line in
            zip(line, widths).enumerated().map { column, cell in
                let blanks = String(repeating: " ", count: cell.1 - cell.0.count)
                return column == 0 ? cell.0 + blanks : blanks + cell.0
            }.joined(separator: "  ")
        }.joined(separator: "\n")
    }

    /// `1.5 GB`, in powers of a thousand.
    static func bytes(_ count: Int64) -> String {
        var value = Double(count)
        for unit in ["B", "kB", "MB", "GB"] {
            if value < 1000 { return unit == "B" ? "\(count) B" : fixed(value) + " " + unit }
            value /= 1000
        }
        return fixed(value) + " TB"
    }

    /// `1h02m`, `3m04s`, `5s`.
    static func duration(_ duration: Duration) -> String {
        let seconds = max(0, duration.components.seconds)
        func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        if seconds >= 3600 { return "\(seconds / 3600)h\(two(seconds % 3600 / 60))m" }
        return seconds >= 60 ? "\(seconds / 60)m\(two(seconds % 60))s" : "\(seconds)s"
    }

    private static func fixed(_ value: Double) -> String {
        let tenths = Int64((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }

    private static func grouped(_ number: Int64) -> String {
        var text = ""
        for (index, digit) in String(number).reversed().enumerated() {
            if index > 0, index.isMultiple(of: 3) { text = "," + text }
            text = String(digit) + text
        }
        return text
    }
}
