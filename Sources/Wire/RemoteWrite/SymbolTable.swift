import Foundations
import Glibc

/// Strings that are each held once and named by their number, in the order of their first use; number 0 is the empty one.
struct SymbolTable {
    /// All symbols, one behind the other.
    private var bytes: [UInt8] = []
    /// Where each symbol ends.
    private var ends: [Int] = [0]
    /// Open addressing by hash: symbol numbers plus one, 0 is free. Its size is a power of two.
    private var slots = [UInt32](repeating: 0, count: 1024)

    var count: Int { ends.count }

    /// The symbol's number.
    mutating func number(of symbol: UnsafeRawBufferPointer) -> UInt32 {
        if symbol.isEmpty { return 0 }
        var slot = Int(truncatingIfNeeded: Self.hash(symbol)) & (slots.count - 1)
        while slots[slot] != 0 {
            let number = Int(slots[slot] - 1)
            if equals(number, symbol) { return UInt32(number) }
            slot = (slot + 1) & (slots.count - 1)
        }
        bytes.append(contentsOf: symbol)
        ends.append(bytes.count)
        slots[slot] = UInt32(ends.count)
        if ends.count * 2 > slots.count { grow() }
        return UInt32(ends.count - 1)
    }

    mutating func number(of symbol: String) -> UInt32 {
        var symbol = symbol
        return symbol.withUTF8 { number(of: UnsafeRawBufferPointer($0)) }
    }

    func forEach(_ body: (UnsafeRawBufferPointer) -> Void) {
        bytes.withUnsafeBytes { all in
            var start = 0
            for end in ends {
                body(UnsafeRawBufferPointer(rebasing: all[start..<end]))
                start = end
            }
        }
    }

    private func equals(_ number: Int, _ symbol: UnsafeRawBufferPointer) -> Bool {
        let start = ends[number - 1]
        guard ends[number] - start == symbol.count else { return false }
        return bytes.withUnsafeBytes { memcmp($0.baseAddress! + start, symbol.baseAddress!, symbol.count) == 0 }
    }

    private mutating func grow() {
        var larger = [UInt32](repeating: 0, count: slots.count * 2)
        bytes.withUnsafeBytes { all in
            for number in 1..<ends.count {
                let symbol = UnsafeRawBufferPointer(rebasing: all[ends[number - 1]..<ends[number]])
                var slot = Int(truncatingIfNeeded: Self.hash(symbol)) & (larger.count - 1)
                while larger[slot] != 0 { slot = (slot + 1) & (larger.count - 1) }
                larger[slot] = UInt32(number + 1)
            }
        }
        slots = larger
    }

    /// FNV-1a with a final mix.
    private static func hash(_ symbol: UnsafeRawBufferPointer) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in symbol { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return hash ^ (hash >> 29)
    }
}
