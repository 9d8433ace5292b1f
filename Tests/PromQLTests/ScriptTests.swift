import Foundations
import Glibc
import PromQL
import Testing

/// Scripts are read from a folder beside the package, or from the one that NIGHTJAR_PROMQL_SCRIPTS names, and from the tests' own.
@Suite struct ScriptTests {
    private static let ownFolder = Paths.join(Paths.directory(of: #filePath), "Scripts")

    private static var folders: [String] {
        let fileSystem = RealFileSystem()
        let root = Paths.directory(of: Paths.directory(of: Paths.directory(of: #filePath)))
        let shared = getenv("NIGHTJAR_PROMQL_SCRIPTS").map { String(cString: $0) } ?? Paths.join(root, "../shared/promqltest")
        return [ownFolder] + (((try? fileSystem.exists(shared)) ?? false) ? [shared] : [])
    }

    static let scripts: [String] = folders.flatMap { folder in
        ((try? RealFileSystem().list(folder)) ?? []).filter { $0.hasSuffix(".test") }.map { Paths.join(folder, $0) }
    }

    @Test(arguments: scripts)
    func everyEvaluationOfAScriptGivesWhatItExpects(path: String) async throws {
        let bytes = try RealFileSystem().readAll(path, bytesMax: PromQLLimits.scriptBytesMax)
        let report = await (try PromQLScript(text: String(decoding: bytes, as: UTF8.self), file: Paths.name(of: path))).run()
        #expect(report.total > 0)
        #expect(report.failures.isEmpty, "\(report)")
    }
}
