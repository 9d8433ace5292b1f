import FuzzTargets
import Glibc

#if LIBFUZZER
    private typealias Callback = @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt

    /// Takes the addresses of the number of arguments and of the list of them.
    @_silgen_name("LLVMFuzzerRunDriver")
    private func runLibFuzzer(_ count: UnsafeMutableRawPointer, _ arguments: UnsafeMutableRawPointer, _ callback: Callback) -> CInt

    /// What each input goes to. Set once, before libFuzzer calls: a C function carries nothing along.
    nonisolated(unsafe) private var chosen = FuzzTarget.allCases[0]

    private func runChosen(_ bytes: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
        chosen.run(UnsafeRawBufferPointer(start: bytes, count: size))
        return 0
    }

    /// libFuzzer with its own arguments: corpus folders, `-max_total_time=…`.
    enum LibFuzzer {
        static func run(_ target: FuzzTarget, arguments: [String]) -> CInt {
            chosen = target
            let all = [CommandLine.arguments[0]] + arguments
            // libFuzzer reads and changes these until the end of the process.
            let count = UnsafeMutablePointer<CInt>.allocate(capacity: 1)
            count.pointee = CInt(all.count)
            let pointers = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: all.count + 1)
            for (place, argument) in all.enumerated() { pointers[place] = strdup(argument) }
            pointers[all.count] = nil
            let list = UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>.allocate(capacity: 1)
            list.pointee = pointers
            return runLibFuzzer(count, list, runChosen)
        }
    }
#endif
