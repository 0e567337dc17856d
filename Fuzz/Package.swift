// swift-tools-version: 6.2
import PackageDescription

// libFuzzer over the code that reads what a server sends; run by scripts/fuzz.
let package = Package(
    name: "Fuzz",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "teleport", path: "..")],
    targets: [
        .executableTarget(
            name: "fuzz-decoder", dependencies: [.product(name: "PGWire", package: "teleport")],
            path: "Sources/decoder"),
        .executableTarget(
            name: "fuzz-session", dependencies: [.product(name: "PGWire", package: "teleport")],
            path: "Sources/session"),
    ]
)
