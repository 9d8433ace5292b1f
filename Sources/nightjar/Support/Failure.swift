import ArgumentParser
import Foundation
import Foundations

/// Ends a command: one sentence for the person, and an exit code.
struct Failure: Error {
    let sentence: String
    let code: Int32

    init(_ sentence: String, code: Int32 = 1) {
        self.sentence = sentence
        self.code = code
    }

    /// Prints the sentence, made safe, to standard error and gives what ends the process with the code.
    func report() -> ExitCode {
        let safe = sentence.split(separator: "\n").map { SafeText($0).string }.joined(separator: "\n")
        FileHandle.standardError.write(Data("nightjar: \(safe)\n".utf8))
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
    } catch is CancellationError {
        throw ExitCode(130)
    } catch {
        throw Failure("\(error)", code: code).report()
    }
}
