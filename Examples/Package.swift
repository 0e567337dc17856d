// swift-tools-version: 6.2
import PackageDescription

// Programs to learn from and to copy from, each a file of its own. From this directory:
//
//   TELEPORT_CORE=pgwire swift run query "postgresql://user@localhost/database"
//
// TELEPORT_CORE=pgwire leaves out what the rest of the project depends on: nothing is downloaded.
let programs = ["query", "stream", "pipeline", "copy", "listen", "pool", "rds"]

let package = Package(
    name: "examples",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "teleport", path: "..")],
    targets: programs.map {
        .executableTarget(
            name: $0, dependencies: [.product(name: "PGWire", package: "teleport")],
            swiftSettings: [.swiftLanguageMode(.v6)])
    }
)
