// swift-tools-version: 6.2
import PackageDescription

// TELEPORT_CORE=1 leaves the engine and what it stands on, without the daemon, its HTTP stack and the
// client's own tests: it resolves, builds and tests in seconds while one works on it.
// TELEPORT_CORE=pgwire leaves the client alone, without any dependency.
let core = Context.environment["TELEPORT_CORE"] ?? ""
let clientOnly = core == "pgwire"
let coreOnly = core == "1" || clientOnly

// TELEPORT_KQUEUE=1 builds Linux's client on macOS's poller, kqueue, which Tests/Kqueue stands in for:
// the transport's tests then run the code that macOS would. For tests only.
let onKqueue = Context.environment["TELEPORT_KQUEUE"] == "1"

// One settings block for every Swift target.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),  // SE-0335
    .enableUpcomingFeature("InternalImportsByDefault"),  // SE-0409
    .enableUpcomingFeature("MemberImportVisibility"),  // SE-0444
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),  // SE-0461
    .enableUpcomingFeature("InferIsolatedConformances"),  // SE-0470
    .enableUpcomingFeature("ImmutableWeakCaptures"),  // SE-0481
    .treatAllWarnings(as: .error),  // SE-0480
]

// The programs of Examples/, under other names than in the package there: a test runs them.
let examples = ["query", "stream", "pipeline", "copy", "listen", "pool", "rds"].map {
    Target.executableTarget(
        name: "example-\($0)", dependencies: ["PGWire"], path: "Examples/Sources/\($0)",
        swiftSettings: [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)])
}

let log: Target.Dependency = .product(name: "Logging", package: "swift-log")

var products: [Product] = [.library(name: "PGWire", targets: ["PGWire"])]

var dependencies: [Package.Dependency] = []

// In dependency order.
var targets: [Target] = [
    .systemLibrary(
        name: "COpenSSL", pkgConfig: "openssl",
        providers: [.apt(["libssl-dev"]), .brew(["openssl@3"])]),
    .target(
        name: "CShims", dependencies: onKqueue ? ["CKqueue"] : [],
        cSettings: onKqueue
            ? [.define("TELEPORT_KQUEUE"), .headerSearchPath("../../Tests/Kqueue")] : []),
    .target(name: "PGWire", dependencies: ["COpenSSL", "CShims"], swiftSettings: settings),
    .target(
        name: "TestSupport", dependencies: ["CShims", "PGWire"], path: "Tests/Support",
        exclude: ["tls_front.py"],
        swiftSettings: settings),
    .target(name: "CKqueue", path: "Tests/Kqueue", cSettings: [.headerSearchPath(".")]),
]

if core != "1" {
    targets.append(
        .testTarget(
            name: "PGWireTests", dependencies: ["PGWire", "TestSupport", "CShims", "CKqueue"],
            swiftSettings: settings))
    targets += examples
    // What scripts/bench pgwire runs; nobody's product.
    targets.append(
        .executableTarget(
            name: "pgwire-bench", dependencies: ["PGWire"], path: "Benchmarks/PGWire",
            swiftSettings: settings))
}

if !clientOnly {
    products.append(.library(name: "Replicator", targets: ["Replicator"]))
    dependencies.append(.package(url: "https://github.com/apple/swift-log", exact: "1.16.2"))
    targets += [
        .target(name: "Replicator", dependencies: ["PGWire", log], swiftSettings: settings),
        .testTarget(
            name: "ReplicatorTests", dependencies: ["Replicator", "PGWire", "TestSupport", log],
            swiftSettings: settings),
    ]
}

if !coreOnly {
    products.append(.executable(name: "teleportd", targets: ["teleportd"]))
    dependencies += [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1"),
        .package(url: "https://github.com/swift-server/async-http-client", exact: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
        .package(url: "https://github.com/apple/swift-async-algorithms", exact: "1.1.4"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", exact: "1.35.2"),
        .package(url: "https://github.com/apple/swift-http-types", exact: "1.8.0"),
    ]
    targets += [
        .target(name: "CAllocator"),
        .executableTarget(
            name: "teleportd",
            dependencies: [
                "Replicator", "PGWire", "CAllocator", log,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Yams", package: "Yams"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "AsyncAlgorithms", package: "swift-async-algorithms"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "TeleportdTests",
            dependencies: [
                "teleportd", "Replicator", "PGWire", "TestSupport", log,
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "EndToEndTests",
            dependencies: ["teleportd", "Replicator", "PGWire", "TestSupport", log],
            swiftSettings: settings),
    ]
}

let package = Package(
    name: "teleport",
    platforms: [.macOS("15.4")],  // The first with what `isolated deinit` (SE-0371) calls.
    products: products,
    dependencies: dependencies,
    targets: targets
)
