import Foundations

/// Datagrams that the system threw away before they were read, as /proc/net/udp and udp6 tell it of each socket.
enum KernelDrops {
    private static let paths = ["/proc/net/udp", "/proc/net/udp6"]
    /// A line a socket of some 130 bytes: thousands of them.
    private static let bytesMax = 4 << 20

    /// Of all sockets on the port; nil where the system doesn't tell.
    static func count(port: Int) -> UInt64? {
        var total: UInt64?
        for path in paths {
            guard let bytes = read(path) else { continue }
            for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n").dropFirst() {
                // sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode ref pointer drops
                let columns = line.split(separator: " ")
                guard columns.count >= 13, let colon = columns[1].lastIndex(of: ":"), Int(columns[1][columns[1].index(after: colon)...], radix: 16) == port,
                    let drops = UInt64(columns[12])
                else { continue }
                total = (total ?? 0) + drops
            }
        }
        return total
    }

    /// Nil where there is no such file, as without IPv6.
    private static func read(_ path: String) -> [UInt8]? {
        do throws(FileError) {
            return try RealFileSystem().readAll(path, bytesMax: bytesMax)
        } catch {
            return nil
        }
    }
}
