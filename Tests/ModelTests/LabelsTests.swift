import Foundations
import Model
import Testing

/// Names and values that are hard on sorting and equality.
private let awkward = ["a", "b", "ab", "a\u{0}", "é", "e\u{301}", "z", "A", "_", "__name__", "日本", "\u{10FFFF}", "a.b"]

private func randomPairs(_ generator: inout SeededGenerator) -> [(name: String, value: String)] {
    (0..<Int.random(in: 0..<8, using: &generator)).map { _ in
        (awkward.randomElement(using: &generator)!, (awkward + [""]).randomElement(using: &generator)!)
    }
}

/// The plain model: last of equal names wins, empty values are no labels, names in order of bytes.
private func model(_ pairs: [(name: String, value: String)]) -> [([UInt8], [UInt8])] {
    var result: [[UInt8]: [UInt8]] = [:]
    for (name, value) in pairs { result[Array(name.utf8)] = value.isEmpty ? nil : Array(value.utf8) }
    return result.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { ($0.key, $0.value) }
}

private func content(_ labels: Labels) -> [([UInt8], [UInt8])] { labels.pairs.map { (Array($0.name.utf8), Array($0.value.utf8)) } }

@Suite struct LabelsTests {
    @Test(arguments: 0..<300 as Range<UInt64>) func aSetIsWhatThePlainModelSays(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let pairs = randomPairs(&generator)
        let labels = Labels(pairs)
        let expected = model(pairs)
        #expect(content(labels).elementsEqual(expected, by: ==))
        #expect(labels.count == expected.count)
        #expect(labels.isEmpty == expected.isEmpty)
        #expect(labels.encoded.withUnsafeBytes(Labels.isCanonical))
        #expect(labels.encoded.withUnsafeBytes { Labels(encoded: $0) } == labels)
        for name in awkward {
            #expect(labels[name].map { Array($0.utf8) } == expected.first { $0.0 == Array(name.utf8) }?.1)
        }
        #expect(Labels(pairs.filter { !$0.value.isEmpty }.reversed().reduce(into: [(name: String, value: String)]()) { kept, pair in
            if !kept.contains(where: { $0.name.utf8.elementsEqual(pair.name.utf8) }) { kept.append(pair) }
        }) == labels || pairs.contains { $0.value.isEmpty })
    }

    @Test(arguments: 0..<300 as Range<UInt64>) func orderIsThatOfTheFirstLabelThatDiffers(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let left = randomPairs(&generator)
        let right = randomPairs(&generator)
        let expected = model(left).flatMap { [$0.0, $0.1] }.lexicographicallyPrecedes(model(right).flatMap { [$0.0, $0.1] }) { $0.lexicographicallyPrecedes($1) }
        #expect((Labels(left) < Labels(right)) == expected)
        #expect(!(Labels(left) < Labels(left)))
    }

    @Test func equalityIsThatOfBytesAndNotOfUnicode() {
        let composed: Labels = ["a": "é"]
        let decomposed: Labels = ["a": "e\u{301}"]
        #expect(composed != decomposed)
        #expect(Labels([(name: "é", value: "1"), (name: "e\u{301}", value: "2")]).count == 2)
    }

    @Test(arguments: [
        [1, 0x62, 1, 0x31, 1, 0x61, 1, 0x31],  // b before a
        [1, 0x61, 1, 0x31, 1, 0x61, 1, 0x32],  // a twice
        [1, 0x61, 0],  // an empty value
        [0, 1, 0x61],  // an empty name
        [1, 0x61, 1],  // cut short
        [1, 0x61],
        [1, 0xFF, 1, 0x61],  // broken UTF-8
        [1, 0x61, 1, 0xC3],
        [0x80],
    ] as [[UInt8]])
    func bytesThatAreNotCanonicalAreRefused(bytes: [UInt8]) {
        #expect(bytes.withUnsafeBytes { Labels(encoded: $0) } == nil)
    }

    @Test func labelsAreSetKeptAndDropped() {
        let labels: Labels = ["__name__": "up", "job": "api", "instance": "a:1"]
        #expect(labels.metricName == "up")
        #expect(labels.setting("job", to: "") == ["__name__": "up", "instance": "a:1"])
        #expect(labels.setting("zone", to: "z")["zone"] == "z")
        #expect(labels.keeping(["job", "none"]) == ["job": "api"])
        #expect(labels.dropping(["job"]) == ["__name__": "up", "instance": "a:1"])
        #expect(labels.droppingMetricName == ["job": "api", "instance": "a:1"])
        #expect(labels.droppingMetricName.droppingMetricName == ["job": "api", "instance": "a:1"])
    }

    @Test(arguments: [
        (["__name__": "up", "job": "a"], #"up{job="a"}"#),
        (["__name__": "up"], "up"),
        ([:], "{}"),
        (["a.b": "1", "c": "x\"\n\\"], #"{"a.b"="1", c="x\"\n\\"}"#),
        (["__name__": "a.b", "c": "d"], #"{"a.b", c="d"}"#),
    ] as [(Labels, String)])
    func labelsPrintAsInPromQL(labels: Labels, text: String) { #expect(labels.description == text) }

    @Test func theStableHashNeverChanges() {
        #expect(Labels().stableHash == 0x8570_E254_D5CB_36D5)
        #expect((["job": "api"] as Labels).stableHash == 0x0487_98D1_B5D9_845B)
    }

    @Test(arguments: [("a", true, true), ("a:b", false, true), ("", false, false), ("1a", false, false), ("_1", true, true), ("a-b", false, false), ("é", false, false)])
    func legacyNamesAreKnown(name: String, isLabel: Bool, isMetric: Bool) {
        #expect(LabelName.isLegacy(name) == isLabel)
        #expect(LabelName.isLegacyMetricName(name) == isMetric)
    }
}
