import Foundations
import TestSupport
import Testing

@testable import Alerting

/// The project's folder.
private let root = Paths.directory(of: Paths.directory(of: Paths.directory(of: #filePath)))

private let packs = RuleGlob.paths(Paths.join(root, "AlertRules/*.yml"))
private let tests = RuleGlob.paths(Paths.join(root, "AlertRules/Tests/*.yml"))

private func text(_ path: String) throws -> String {
    String(decoding: try RealFileSystem().readAll(path, bytesMax: 4 << 20), as: UTF8.self)
}

private func alerts(_ pack: String) throws -> [Rule] {
    try RuleFile.parse(try text(pack), path: pack).groups.flatMap(\.rules).filter { $0.kind != .record }
}

@Test(arguments: tests)
func eachRulePackPassesItsTests(_ path: String) async throws {
    let report = try await RuleTests.run(path)
    #expect(report.total > 0)
    #expect(report.failures.map(\.description) == [])
}

@Test func eachShippedAlertIsTested() throws {
    let tested = try tests.map(text).joined()
    let untested = try packs.flatMap(alerts).map(\.name).filter { !tested.contains(#"alertname="\#($0)""#) && !tested.contains("alertname: \($0)\n") }
    #expect(untested == [])
    #expect(packs.count > 20)
}

@Test func eachShippedAlertSaysHowBadItIsAndWhatToDo() throws {
    var faults: [String] = []
    for alert in try packs.flatMap(alerts) {
        let texts = Dictionary(alert.annotations.map { ($0.name, $0.text) }, uniquingKeysWith: { $1 })
        let severity = alert.labels.first { $0.name == AlertLabel.severity }?.text ?? ""
        if !["critical", "warning", "info", "none"].contains(severity) { faults.append("\(alert.name): severity \(severity)") }
        for name in ["summary", "description"] where texts[name]?.isEmpty ?? true { faults.append("\(alert.name): no \(name)") }
        if let fault = try runbookFault(texts["runbook"] ?? "") { faults.append("\(alert.name): \(fault)") }
    }
    #expect(faults == [])
}

/// What is wrong with a link such as `Docs/Runbooks/redis.md#redisdown`.
private func runbookFault(_ link: String) throws -> String? {
    let parts = link.split(separator: "#").map(String.init)
    guard parts.count == 2 else { return "no runbook" }
    let path = Paths.join(root, parts[0])
    guard try RealFileSystem().exists(path) else { return "there is no \(parts[0])" }
    let anchors = try text(path).split(separator: "\n").filter { $0.hasPrefix("#") }.map { heading in
        heading.drop { $0 == "#" || $0 == " " }.lowercased().filter { $0.isLetter || $0.isNumber || $0 == " " || $0 == "-" }.replacing(" ", with: "-")
    }
    return anchors.contains(parts[1]) ? nil : "\(parts[0]) has no heading \(parts[1])"
}
