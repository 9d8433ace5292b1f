import Foundations
import FuzzTargets
import Glibc

// nightjar-fuzz TARGET [ARGUMENT…]: with -D LIBFUZZER and -sanitize=fuzzer, libFuzzer with its own arguments (corpus folders,
// -max_total_time=…); without, mutations of the corpus from a seed, until the seconds are over: TARGET CORPUS SECONDS SEED.

/// To standard error.
func say(_ text: String) { (text + "\n").withCString { _ = write(STDERR_FILENO, $0, strlen($0)) } }

let names = FuzzTarget.allCases.map(\.rawValue).joined(separator: " ")
guard CommandLine.arguments.count > 1, let target = FuzzTarget(rawValue: CommandLine.arguments[1]) else {
    say("usage: nightjar-fuzz TARGET …, with one of the targets \(names)")
    exit(64)
}

#if LIBFUZZER
    exit(LibFuzzer.run(target, arguments: Array(CommandLine.arguments.dropFirst(2))))
#else
    let arguments = CommandLine.arguments
    guard arguments.count == 5, let seconds = Int64(arguments[3]), let seed = UInt64(arguments[4]) else {
        say("usage: nightjar-fuzz TARGET CORPUS SECONDS SEED")
        exit(64)
    }
    let files = RealFileSystem()
    let inputs = try files.list(arguments[2]).map { try files.readAll(Paths.join(arguments[2], $0), bytesMax: 1 << 20) }
    guard !inputs.isEmpty else {
        say("there is nothing in \(arguments[2])")
        exit(2)
    }
    var mutation = Mutation(seed: seed)
    let end = SystemClock().monotonicNanoseconds() + seconds * 1_000_000_000
    var runs = 0
    while SystemClock().monotonicNanoseconds() < end {
        let input = mutation.mutate(inputs[runs % inputs.count], other: inputs[(runs / 3) % inputs.count])
        target.run(input)
        runs += 1
    }
    print("\(target.rawValue): \(runs) inputs")
#endif
