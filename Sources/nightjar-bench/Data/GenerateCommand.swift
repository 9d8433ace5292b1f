import ArgumentParser
import Foundations
import Wire

/// `nightjar-bench generate`: a data set's remote-write bodies as files.
struct GenerateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "generate", abstract: "Writes a data set's remote-write bodies to disk.")

    @OptionGroup var data: DataOptions
    @Option(name: .shortAndLong, help: "The folder that they go to.") var output = WorkFolder.pathDefault
    @Flag(help: "Remote write 2.0 instead of 1.0.") var v2 = false

    func run() throws {
        let set = try data.make()
        let folder = try BodyFolder.make(set, version: v2 ? .v2 : .v1, in: output)
        let changes = Changes(set)
        row("data set", set.title)
        row("samples", grouped(set.sampleCount))
        row("series that never change", percent(changes.constantSeries))
        row("samples that differ from the one before", percent(changes.changedSamples))
        row("bytes a sample in the bodies", decimal(Double(try folder.sizeBytes) / Double(set.sampleCount), 2))
        row("bodies in", folder.directory)
    }
}
