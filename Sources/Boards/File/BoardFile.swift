import Foundations
import Settings

/// Dashboard files: the short YAML format, and Grafana's JSON.
public enum BoardFile {
    /// Reads a file. What is wrong is said with file, line and remedy; what isn't supported is in the board's notices.
    public static func load(_ path: String, files: any FileSystem = RealFileSystem()) throws(SettingsProblems) -> Board {
        let bytes: [UInt8]
        do throws(FileError) {
            bytes = try files.readAll(path, bytesMax: Limits.fileBytes)
        } catch {
            throw SettingsProblems([SettingsProblem(path: path, reason: "it can't be read: \(error)")])
        }
        return try parse(bytes, path: path)
    }

    public static func parse(_ bytes: [UInt8], path: String) throws(SettingsProblems) -> Board {
        if isJSON(bytes) { return try GrafanaReader.read(bytes, path: path) }
        let document = SettingsDocument(path: path)
        let board = BoardFileReader(document: document).board(document.parse(String(decoding: bytes, as: UTF8.self)), path: path)
        try document.check()
        return board
    }

    /// Whether a text is one of the two: `nightjar check` asks by what a file holds.
    public static func isDashboard(_ bytes: [UInt8]) -> Bool {
        if isJSON(bytes) {
            guard let root = try? JSONReader.read(bytes) else { return true }
            return GrafanaReader.isDashboard(GrafanaReader.dashboard(in: root))
        }
        return String(decoding: bytes.prefix(Limits.fileBytes), as: UTF8.self).split(separator: "\n").contains { $0.hasPrefix("panels:") }
    }

    private static func isJSON(_ bytes: [UInt8]) -> Bool {
        let first = bytes.first { ![0x20, 0x09, 0x0A, 0x0D, 0xEF, 0xBB, 0xBF].contains($0) }
        return first == UInt8(ascii: "{")
    }
}
