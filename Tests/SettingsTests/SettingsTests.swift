import Foundations
import Settings
import Testing

private func read(_ yaml: String, _ body: (SettingsSection) -> Void) -> [String] {
    let document = SettingsDocument(path: "n.yml")
    let section = document.parse(yaml)
    body(section)
    section.finish()
    return document.problems.map(\.description)
}

@Test func typedValuesAreRead() {
    let problems = read("name: web\nport: 9845\nwait: 1h30m\nkeep: 512MiB\nfiles: [a, b]\none: c\nlabels: {env: prod}\ndeep: {on: true}\nempty:\n") { section in
        #expect(section.string("name") == "web")
        #expect(section.integer("port", in: 1...65535) == 9845)
        #expect(section.durationMilliseconds("wait") == 5_400_000)
        #expect(section.bytes("keep") == 512 << 20)
        #expect(section.strings("files") == ["a", "b"] && section.strings("one") == ["c"])
        #expect(section.stringMap("labels") == ["env": "prod"])
        #expect(section.section("deep")?.bool("on") == true)
        #expect(section.string("empty") == nil)
    }
    #expect(problems.isEmpty)
}

@Test func aMisspelledKeyIsNamedWithItsPlaceAndTheNearestKnownOne() {
    let problems = read("listen: a\nrecievers: []\n") { section in
        _ = section.string("listen")
        _ = section.sections("receivers")
    }
    #expect(problems == ["n.yml:2:1: `recievers` is no key that is known here; did you mean `receivers`?"])
}

@Test func wrongTypesAreAllReportedAtOnce() {
    let problems = read("port: 99999\nwait: soon\nfiles: {a: b}\n") { section in
        _ = section.integer("port", in: 1...65535)
        _ = section.durationMilliseconds("wait", in: 1000...60000)
        _ = section.strings("files")
    }
    #expect(problems == [
        "n.yml:1:7: `port` must be a whole number from 1 to 65535, not `99999`",
        "n.yml:2:7: `wait` must be a duration such as `30s`, `5m` or `1h30m` from 1s to 1m, not `soon`",
        "n.yml:3:8: `files` must be a list of texts",
    ])
}

@Test func brokenYAMLSaysTheLine() {
    let problems = read("a: [1, 2\nb: 3\n") { _ in }
    #expect(problems.count == 1 && problems[0].hasPrefix("n.yml:2:"), "\(problems)")
}

@Test(arguments: [("0", 0), ("4096", 4096), ("1k", 1024), ("1.5 GiB", 1_610_612_736), ("10GB", 10_000_000_000), ("3B", 3)])
func sizesAreRead(_ text: String, _ bytes: Int64) { #expect(ByteSizeText.bytes(text) == bytes) }

@Test(arguments: ["", "MiB", "-1", "1.2.3", "5 parsecs", "99999999TiB"])
func whatIsNoSizeIsRefused(_ text: String) { #expect(ByteSizeText.bytes(text) == nil) }

@Test(arguments: [(0, "0 B"), (512, "512 B"), (1536, "1.5 KiB"), (20 << 20, "20.0 MiB"), (268_435_456, "256 MiB"), (-2048, "-2.0 KiB")])
func sizesAreShown(_ bytes: Int64, _ text: String) { #expect(ByteSizeText.format(bytes: bytes) == text) }

@Test func problemsComeInTheOrderOfTheFile() {
    let document = SettingsDocument(path: "a.yml")
    let root = document.parse("first: 1\nsecond: x\nthird: y\n")
    _ = root.bool("third")
    _ = root.bool("second")
    root.finish()
    let problems = #expect(throws: SettingsProblems.self) { try document.check() }
    #expect(problems?.problems.map(\.line) == [1, 2, 3])
}
