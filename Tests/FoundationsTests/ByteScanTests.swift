import Foundations
import Testing

/// Each search against a plain loop, from every beginning.
@Suite struct ByteScanTests {
    private static let bytes: [[UInt8]] = (0..<40).map { (seed: UInt64) in
        var random = SeededGenerator(seed: seed)
        let alphabet: [UInt8] = Array("0123456789 -\"\\kKeEyYsSiIaAvV:/x".utf8) + (seed % 2 == 0 ? [] : [0x00, 0x1A, 0x1F, 0x7F, 0x80, 0xFF])
        let common = alphabet[Int(seed) % alphabet.count]
        return (0..<Int.random(in: 0...150, using: &random)).map { _ in Bool.random(using: &random) ? common : alphabet.randomElement(using: &random)! }
    }

    private func expectSame(_ bytes: [UInt8], _ search: (UnsafeRawBufferPointer, Int) -> Int, _ isThere: (Int) -> Bool, sourceLocation: SourceLocation = #_sourceLocation) {
        for start in 0...bytes.count {
            let expected = (start..<bytes.count).first(where: isThere) ?? bytes.count
            #expect(bytes.withUnsafeBytes { search($0, start) } == expected, sourceLocation: sourceLocation)
        }
    }

    @Test(arguments: bytes) func singleBytesAreFound(bytes: [UInt8]) {
        expectSame(bytes, { ByteScan.notASCII($0, from: $1) }, { bytes[$0] >= 0x80 })
        expectSame(bytes, { ByteScan.jsonStop($0, from: $1) }, { bytes[$0] < 0x20 || bytes[$0] == 0x22 || bytes[$0] == 0x5C })
        expectSame(bytes, { ByteScan.either(0x76, 0x56, in: $0, from: $1) }, { bytes[$0] | 0x20 == 0x76 })
    }

    @Test(arguments: bytes) func runsOfDigitsAreFound(bytes: [UInt8]) {
        func isPart(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 || byte == 0x20 || byte == 0x2D }
        expectSame(bytes, { ByteScan.digitRun($0, from: $1) }, { start in start + 13 <= bytes.count && bytes[start..<start + 13].allSatisfy(isPart) })
    }

    @Test(arguments: bytes) func groupsOfThreeAreFoundInEitherCase(bytes: [UInt8]) {
        let groups: [StaticString] = ["key", "sia", "://", "kkk"]
        let trigrams = Trigrams(groups)
        expectSame(bytes, { trigrams.next(in: $0, from: $1) }, { start in
            start + 3 <= bytes.count && groups.contains { group in (0..<3).allSatisfy { bytes[start + $0] | 0x20 == group.utf8Start[$0] } }
        })
    }

    @Test(arguments: bytes) func stringsOfJSONAreCopied(bytes: [UInt8]) {
        let escapes: [UInt8: UInt8] = [0x22: 0x22, 0x5C: 0x5C, 0x2F: 0x2F]
        for start in 0...bytes.count {
            var (index, expected) = (start, [UInt8]())
            while index < bytes.count, bytes[index] >= 0x20, bytes[index] != 0x22 {
                if bytes[index] == 0x5C {
                    guard index + 1 < bytes.count, let byte = escapes[bytes[index + 1]] else { break }
                    expected.append(byte)
                    index += 2
                } else {
                    expected.append(bytes[index])
                    index += 1
                }
            }
            var stop = 0
            let copied = [UInt8](unsafeUninitializedCapacity: bytes.count - start + 16) { output, count in
                (stop, count) = bytes.withUnsafeBytes { ByteScan.copyJSON($0, from: start, to: output.baseAddress!) }
            }
            #expect(stop == index && copied == expected)
        }
    }
}
