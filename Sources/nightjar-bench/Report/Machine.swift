import Foundation

/// The machine that figures were measured on.
enum Machine {
    /// `2 x AMD EPYC 7571, 23 GiB, Linux 6.1.0, Debian GNU/Linux 12`
    static var description: String {
        let system = value(of: "PRETTY_NAME", in: "/etc/os-release", separator: "=") ?? "Linux"
        let processor = value(of: "model name", in: "/proc/cpuinfo", separator: ":") ?? "an unnamed processor"
        let memory = Double(ProcessInfo.processInfo.physicalMemory) / 1_073_741_824
        var name = utsname()
        uname(&name)
        let release = withUnsafeBytes(of: name.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        return "\(ProcessInfo.processInfo.processorCount) x \(processor), \(decimal(memory, 0)) GiB, \(system), kernel \(release)"
    }

    /// Processes that wanted a processor, over the last minute: what else was going on.
    static var load: Double {
        var averages = [0.0]
        return getloadavg(&averages, 1) == 1 ? averages[0] : .nan
    }

    static var date: String {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(identifier: "UTC")
        formatter.dateFormat = "yyyy-MM-dd"
        return formatter.string(from: Date())
    }

    private static func value(of key: String, in file: String, separator: Character) -> String? {
        guard let text = try? String(contentsOfFile: file, encoding: .utf8) else { return nil }
        let line = text.split(separator: "\n").first { $0.hasPrefix(key) }
        return line?.split(separator: separator, maxSplits: 1).last.map { $0.trimmingCharacters(in: CharacterSet(charactersIn: " \"\t")) }
    }
}
