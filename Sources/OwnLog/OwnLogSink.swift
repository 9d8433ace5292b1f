import Foundations
import Glibc
import Logging

/// Where the own log goes: a file that is kept small, standard error, or both.
///
/// At `fileBytesMax` the file is renamed to `NAME.1`, over the one before. A line that can't be written is lost and counted in
/// the next one that can: the log never stops the program.
public final class OwnLogSink: Sendable {
    /// Two of them take 20 MiB at most, beside the data.
    public static let fileBytesMax = 10 << 20

    private struct State {
        var file: (any File)?
        var sizeBytes = 0
        var lostLines = 0
    }

    private let path: String?
    private let files: any FileSystem
    private let toStandardError: Bool
    private let state: Locked<State>

    /// `path`: nil for no file.
    public init(path: String?, toStandardError: Bool, files: any FileSystem = RealFileSystem()) {
        self.path = path
        self.files = files
        self.toStandardError = toStandardError
        state = Locked(State())
    }

    func write(_ line: String, level: Logger.Level) {
        let bytes = Array(line.utf8)
        if toStandardError { _ = bytes.withUnsafeBytes { Glibc.write(2, $0.baseAddress, $0.count) } }
        guard let path else { return }
        state.withLock { state in
            do {
                try open(path, &state)
                var text = bytes
                if state.lostLines > 0 { text = Array("level=warn component=log msg=\"lines lost\" count=\(state.lostLines)\n".utf8) + bytes }
                try state.file?.write(text, at: state.sizeBytes)
                state.sizeBytes += text.count
                state.lostLines = 0
            } catch {
                state.lostLines += 1
            }
        }
    }

    private func open(_ path: String, _ state: inout State) throws(FileError) {
        if state.file != nil && state.sizeBytes < Self.fileBytesMax { return }
        if state.file != nil {
            state.file?.close()
            state.file = nil
            try files.rename(path, to: path + ".1")
        }
        try files.createDirectory(Paths.directory(of: path))
        let file = try files.open(path, .readWrite)
        state.sizeBytes = try file.sizeBytes()
        state.file = file
    }
}

/// Makes all loggers of the process write to `sink`. Call once, at start.
public func bootstrapOwnLog(_ sink: OwnLogSink, level: Logger.Level) {
    LoggingSystem.bootstrap { LogfmtHandler(label: $0, sink: sink, logLevel: level) }
}
