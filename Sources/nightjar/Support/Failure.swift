import ArgumentParser
import Foundations
import Outbound

/// Ends a command: one sentence for the person, and an exit code.
struct Failure: Error {
    /// The command line is wrong (EX_USAGE of sysexits.h, as for unknown flags).
    static let usageCode: Int32 = 64
    /// The user stopped it: 128 and SIGINT, as shells count.
    static let stoppedCode: Int32 = 130

    let sentence: String
    let code: Int32

    init(_ sentence: String, code: Int32 = 1) {
        self.sentence = sentence
        self.code = code
    }

    /// Prints the sentence, made safe, to standard error and gives what ends the process with the code.
    func report() -> ExitCode {
        Output.message("nightjar: " + sentence.split(separator: "\n").map { SafeText($0).string }.joined(separator: "\n"))
        return ExitCode(code)
    }
}

/// Runs a command's body, and turns what it throws into a sentence and an exit code.
func reportingFailures(code: Int32 = 1, _ body: () async throws -> Void) async throws {
    do {
        try await body()
    } catch let failure as Failure {
        throw failure.report()
    } catch let exit as ExitCode {
        throw exit
    } catch where isCancellation(error) {
        throw ExitCode(Failure.stoppedCode)
    } catch {
        throw Failure("\(error)", code: code).report()
    }
}

/// Whether an error says no more than that its task was cancelled, as everything is that a signal stops.
func isCancellation(_ error: any Error) -> Bool {
    error is CancellationError || error as? OutboundError == .cancelled
}
