import Foundations
import FuzzTargets
import Testing

/// Every decoder with its corpus: as it is, cut at every place, with every bit flipped (or some of them, in long ones), and mutated.
@Suite struct CorpusTests {
    static let corpus = Paths.join(Paths.directory(of: Paths.directory(of: #filePath)), "Fuzz/Corpus")

    static func inputs(_ target: FuzzTarget) throws -> [[UInt8]] {
        let files = RealFileSystem()
        let folder = Paths.join(corpus, target.rawValue)
        return try files.list(folder).map { try files.readAll(Paths.join(folder, $0), bytesMax: 1 << 20) }
    }

    @Test(arguments: FuzzTarget.allCases) func whateverComesIsReadOrRefused(_ target: FuzzTarget) throws {
        let inputs = try Self.inputs(target)
        #expect(!inputs.isEmpty, "the corpus of \(target.rawValue) is empty")
        var mutation = Mutation(seed: 1)
        for input in inputs {
            target.run(input)
            for count in stride(from: 0, to: input.count, by: max(1, input.count / 100)) { target.run(Array(input.prefix(count))) }
            for bit in stride(from: 0, to: input.count * 8, by: max(1, input.count * 8 / 200)) {
                var flipped = input
                flipped[bit / 8] ^= 1 << UInt8(bit % 8)
                target.run(flipped)
            }
            for _ in 0..<100 { target.run(mutation.mutate(input, other: inputs[inputs.count / 2])) }
        }
    }

    @Test func mutationIsTheSameForTheSameSeed() {
        var (one, other) = (Mutation(seed: 7), Mutation(seed: 7))
        for _ in 0..<100 { #expect(one.mutate(Array("some text".utf8), other: [1, 2, 3]) == other.mutate(Array("some text".utf8), other: [1, 2, 3])) }
    }
}
