// swift-tools-version: 6.2
import PackageDescription

// Targets stand on floors; a target imports only from floors below its own (Docs/Architecture.md).

let strict: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
]

/// Links Swift's runtime and Foundation into a program, so that it runs without Swift and starts in half the time: the dynamic linker
/// has as many libraries and symbols less to look up, relocations take a tenth of the room (RELR; glibc 2.36), and the program offers
/// its own symbols to nobody, which saves 3 MB of memory. The archives refer to each other in circles, which LLVM's linker doesn't
/// mind; it comes with Swift.
let staticRuntime = [
    "-static-stdlib", "-use-ld=lld", "-l_FoundationICU", "-lCoreFoundation", "-l_FoundationCShims", "-l_FoundationCollections", "-ldispatch", "-lBlocksRuntime",
    "-Xlinker", "-z", "-Xlinker", "pack-relative-relocs", "-Xlinker", "--no-export-dynamic",
]

/// A library target of Sources/NAME.
func library(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

/// The tests of one target, in Tests/NAMETests.
func tests(of name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource] = []) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: [.init(stringLiteral: name), "TestSupport"] + dependencies,
        resources: resources, swiftSettings: strict)
}

/// A C or C++ shim over a Debian library.
func shim(_ name: String, links: [String]) -> Target {
    .target(
        name: name, cxxSettings: [.unsafeFlags(["-Wall", "-Werror"])],
        linkerSettings: links.map { .linkedLibrary($0) })
}

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let deque = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let server: [Target.Dependency] = [
    .product(name: "Hummingbird", package: "hummingbird"),
    .product(name: "HummingbirdCore", package: "hummingbird"),
    .product(name: "HummingbirdTLS", package: "hummingbird"),
    .product(name: "HummingbirdHTTP2", package: "hummingbird"),
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
    .product(name: "NIOHTTP1", package: "swift-nio"),
    .product(name: "NIOWebSocket", package: "swift-nio"),
    .product(name: "NIOSSL", package: "swift-nio-ssl"),
    .product(name: "NIOTLS", package: "swift-nio"),
    .product(name: "HTTPTypes", package: "swift-http-types"),
    .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
    .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
]

let package = Package(
    name: "nightjar",
    products: [
        .executable(name: "nightjar", targets: ["nightjar"]),
        .executable(name: "nightjar-agent", targets: ["nightjar-agent"]),
        .executable(name: "nightjar-bench", targets: ["nightjar-bench"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // Floor 0: system libraries, and what everything rests on.
        shim("CCurl", links: ["curl"]),
        shim("CZstd", links: ["zstd", "z"]),
        shim("CSnappy", links: ["snappy"]),
        shim("CRE2", links: ["re2"]),
        shim("CSimdjson", links: ["simdjson"]),
        shim("CPlatform", links: []),
        library("Foundations", ["CPlatform"]),

        // Floor 1
        library("Model", ["Foundations", "CRE2"]),
        library("Compression", ["Foundations", "CZstd", "CSnappy"]),
        library("Outbound", ["Foundations", "CCurl"]),
        library("OwnLog", ["Foundations", logging]),
        library("Settings", ["Foundations", yams]),
        library("GoTemplate", ["Foundations"]),

        // Floor 2
        library("Wire", ["Foundations", "Model", "Compression", "CSimdjson"]),
        library("MetricStore", ["Foundations", "Model"]),
        library("LogStore", ["Foundations", "Model", "Compression", grdb]),

        // Floor 3
        library("PromQL", ["Foundations", "Model"]),
        library("LogQL", ["Foundations", "Model", "GoTemplate", "CSimdjson"]),

        // Floor 4
        library("Alerting", ["Foundations", "Model", "GoTemplate", "Settings", "PromQL", "LogQL", "Outbound", grdb, yams, crypto, logging]),
        library("Agent", ["Foundations", "Model", "Compression", "Outbound", "Wire", "CPlatform", logging]),
        library("Terminal", ["Foundations", "CPlatform"]),

        // Floor 5
        library(
            "Collector",
            ["Foundations", "Model", "Compression", "Wire", "MetricStore", "LogStore", "PromQL", "LogQL", "Alerting", crypto, logging, lifecycle] + server),
        library("ConfigurationFile", ["Foundations", "Model", "Settings", "Wire", "Alerting"]),
        library("Boards", ["Foundations", "Model", "Settings", "PromQL", "LogQL", "Terminal", yams]),
        library("Dashboard", ["Foundations", "Model", "Outbound", "Settings", "Terminal", "Boards", yams]),

        // Floor 6
        .executableTarget(
            name: "nightjar",
            dependencies: [
                "Foundations", "Model", "Settings", "Compression", "OwnLog", "Outbound", "Wire", "MetricStore", "LogStore", "PromQL", "Alerting", "Agent", "Terminal",
                "Collector", "ConfigurationFile", "Boards", "Dashboard", yams, argumentParser, logging, .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"), .product(name: "NIOCore", package: "swift-nio"),
            ],
            swiftSettings: strict, linkerSettings: [.unsafeFlags(staticRuntime, .when(configuration: .release))]),
        .executableTarget(
            name: "nightjar-agent", dependencies: ["Foundations", "Agent", "OwnLog", logging], swiftSettings: strict),
        .executableTarget(
            name: "nightjar-bench",
            dependencies: [
                "Foundations", "Model", "Wire", "MetricStore", "LogStore", "PromQL", "Compression", "Outbound", "Terminal", "Boards", "Dashboard", "TestSupport",
                argumentParser,
            ],
            swiftSettings: strict),

        // Tests: one target beside each module, and the real binary end to end.
        .target(name: "TestSupport", dependencies: ["Foundations", "Model"], path: "Tests/TestSupport", swiftSettings: strict),
        tests(of: "Foundations"),
        tests(of: "Model"),
        tests(of: "Compression"),
        tests(of: "Outbound"),
        tests(of: "OwnLog", [logging]),
        tests(of: "Settings"),
        tests(of: "Wire"),
        tests(of: "MetricStore"),
        .target(
            name: "CSQLiteFaults", path: "Tests/CSQLiteFaults", cSettings: [.unsafeFlags(["-Wall", "-Werror"])],
            linkerSettings: [.linkedLibrary("sqlite3")]),
        tests(of: "LogStore", ["CSQLiteFaults", grdb], resources: [.copy("Goldens")]),
        tests(of: "PromQL", ["MetricStore"], resources: [.copy("Scripts")]),
        tests(of: "LogQL"),
        tests(of: "Alerting", [grdb, crypto]),
        tests(of: "Agent"),
        tests(of: "Terminal", resources: [.copy("Goldens")]),
        tests(of: "Collector", ["Model", "Compression", "Wire", "MetricStore", "LogStore", "PromQL", "Alerting", crypto, logging], resources: [.copy("Goldens")]),
        tests(of: "ConfigurationFile"),
        tests(of: "Boards", ["Model", "PromQL", "LogQL", "Settings", "Terminal"], resources: [.copy("Goldens"), .copy("Samples")]),
        tests(of: "Dashboard", ["Boards"], resources: [.copy("Goldens")]),
        tests(of: "nightjar-bench", ["Foundations", "Model", "Compression", "Wire"]),
        // Every decoder as a function of bytes: replayed by FuzzTests, driven for long by nightjar-fuzz (`make fuzz`).
        .target(
            name: "FuzzTargets",
            dependencies: ["Foundations", "Model", "Compression", "Wire", "MetricStore", "LogStore", "PromQL", "LogQL", "Alerting", "Agent", "Terminal", "ConfigurationFile", "Boards"],
            path: "Tests/FuzzTargets", swiftSettings: strict),
        .executableTarget(name: "nightjar-fuzz", dependencies: ["Foundations", "FuzzTargets"], path: "Tests/Fuzz/Driver", swiftSettings: strict),
        .testTarget(name: "FuzzTests", dependencies: ["Foundations", "FuzzTargets"], swiftSettings: strict),
        .testTarget(
            name: "EndToEndTests", dependencies: ["Foundations", "Model", "Compression", "Outbound", "Wire", "TestSupport"], resources: [.copy("Clients")],
            swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx17
)
