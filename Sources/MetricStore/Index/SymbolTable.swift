/// Texts by number: each kept once, in one run of bytes.
struct SymbolTable: Sendable {
    private var text: [UInt8] = []
    private var starts: [Int] = [0]
    private var table = SeriesTable()

    var count: Int { starts.count - 1 }
    var bytes: Int { text.capacity + starts.capacity * 8 + table.bytes }

    func find(_ bytes: UnsafeRawBufferPointer) -> UInt32? {
        table.find(memoryHash(bytes)) { isEqual($0, bytes) }
    }

    mutating func number(of bytes: UnsafeRawBufferPointer) -> UInt32 {
        let hash = memoryHash(bytes)
        if let found = table.find(hash, { isEqual($0, bytes) }) { return found }
        let number = UInt32(count)
        text.append(contentsOf: bytes)
        starts.append(text.count)
        table.insert(number, hash: hash)
        return number
    }

    @inline(__always) func withBytes<Result, Failure: Error>(_ number: UInt32, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result) throws(Failure) -> Result {
        let range = starts[Int(number)]..<starts[Int(number) + 1]
        let result = text.withUnsafeBytes { all in
            Swift.Result { () throws(Failure) in try body(UnsafeRawBufferPointer(rebasing: all[range])) }
        }
        return try result.get()
    }

    func string(_ number: UInt32) -> String { withBytes(number) { String(decoding: $0, as: UTF8.self) } }

    private func isEqual(_ number: UInt32, _ bytes: UnsafeRawBufferPointer) -> Bool {
        withBytes(number) { $0.count == bytes.count && compareEqual($0, bytes) }
    }
}

import Glibc

/// Whether two runs of the same length hold the same bytes.
@inline(__always) func compareEqual(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
    guard left.count > 0, let one = left.baseAddress, let other = right.baseAddress else { return true }
    return memcmp(one, other, left.count) == 0
}
