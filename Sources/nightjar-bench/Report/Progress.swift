import Foundation

/// Says on standard error how far a long piece of work is: in place on a terminal, else a line at its begin and end.
struct Progress {
    private let what: String
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private let start = Date()
    private var lastPercent = -1

    init(_ what: String) {
        self.what = what
        say(isTerminal ? "\r\u{1B}[K\(what) …" : "\(what) …\n")
    }

    mutating func advance(_ done: Int, of total: Int) {
        guard isTerminal, total > 0, done * 100 / total != lastPercent else { return }
        lastPercent = done * 100 / total
        say("\r\u{1B}[K\(what) … \(lastPercent) %")
    }

    func end(_ result: String = "done") {
        say("\(isTerminal ? "\r\u{1B}[K" : "")\(what): \(result) in \(String(format: "%.1f", Date().timeIntervalSince(start))) s\n")
    }

    private func say(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
