import Glibc

/// One measure of the client, as a line of JSON; `scripts/bench pgwire` runs it beside its peers.
///
/// `pgwire-bench list` names the measures.
@main enum Main {
    static func main() async {
        let arguments = Array(CommandLine.arguments.dropFirst())
        if arguments == ["list"] {
            for name in Measures.all.keys.sorted() { print(name) }
            return
        }
        guard let options = Options(arguments), let measure = Measures.all[options.measure] else {
            fail("usage: pgwire-bench list | MEASURE [--NAME VALUE]...", code: 2)
        }
        do {
            print("{\"value\": \(try await measure(options))}")
        } catch {
            fail("\(options.measure): \(error)", code: 1)
        }
    }

    private static func fail(_ text: String, code: Int32) -> Never {
        let line = Array((text + "\n").utf8)
        _ = write(2, line, line.count)
        exit(code)
    }
}
