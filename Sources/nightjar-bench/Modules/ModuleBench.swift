import Foundation

/// One figure of a module.
struct Measure {
    let title: String
    let unit: FigureUnit
    let value: Double
}

/// What measures a module in this process, once.
protocol ModuleBench {
    /// What the figures are of, for tables: the module and its data.
    var title: String { get }
    func measure() async throws -> [Measure]
}

extension ModuleBench {
    /// Measures once and prints the figures.
    func report() async throws {
        print(title + "\n")
        for measure in try await measure() { row(measure.title, measure.unit.text(measure.value)) }
    }
}

/// Runs `body` with a new folder that is removed afterwards.
func withTemporaryFolder<Result>(_ body: (String) async throws -> Result) async throws -> Result {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("nightjar-bench-\(getpid())-\(UInt32.random(in: 0 ... .max))").path
    do {
        let result = try await body(directory)
        try FileManager.default.removeItem(atPath: directory)
        return result
    } catch {
        // The first error says more than one about the folder would.
        _ = try? FileManager.default.removeItem(atPath: directory)
        throw error
    }
}
