import Foundations
import Testing

@testable import Compression

/// Bytes with runs and repeats, so that every element of every format occurs.
func mixedBytes(_ count: Int, _ generator: inout SeededGenerator) -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < count {
        switch UInt8.random(in: 0..<3, using: &generator) {
        case 0: bytes.append(contentsOf: [UInt8](repeating: .random(in: 0...255, using: &generator), count: .random(in: 1...300, using: &generator)))
        case 1: for _ in 0..<Int.random(in: 1...100, using: &generator) { bytes.append(.random(in: 0...255, using: &generator)) }
        default: bytes.append(contentsOf: bytes.suffix(.random(in: 1...2000, using: &generator)))
        }
    }
    return Array(bytes.prefix(count))
}

let packings: [ContentEncoding] = [.gzip, .zstd, .snappy, .deflate]

@Test(arguments: ContentEncoding.allCases, [0, 1, 2, 100, 65_535, 65_536, 65_537, 1_000_000])
func whatIsPackedComesBack(encoding: ContentEncoding, size: Int) throws {
    var generator = SeededGenerator(seed: UInt64(size))
    let bytes = mixedBytes(size, &generator)
    #expect(try encoding.decode(encoding.encode(bytes), bytesMax: size) == bytes)
    if size > 0 {
        #expect(throws: CompressionError.tooLarge(bytesMax: size - 1)) { try encoding.decode(encoding.encode(bytes), bytesMax: size - 1) }
    }
}

@Test(arguments: packings) func aBodyCutAnywhereIsAnError(encoding: ContentEncoding) {
    var generator = SeededGenerator(seed: 1)
    let packed = encoding.encode(mixedBytes(3000, &generator))
    for count in packed.indices {
        #expect(throws: CompressionError.self) { try encoding.decode(Array(packed[..<count]), bytesMax: 10_000) }
    }
}

@Test(arguments: packings) func bytesBehindTheEndAreAnError(encoding: ContentEncoding) {
    var generator = SeededGenerator(seed: 2)
    let packed = encoding.encode(mixedBytes(3000, &generator))
    for garbage: [UInt8] in [[0], [1, 2, 3], [UInt8](repeating: 0, count: 100), Array("garbage behind".utf8)] {
        #expect(throws: CompressionError.self) { try encoding.decode(packed + garbage, bytesMax: 10_000) }
    }
}

@Test(arguments: [ContentEncoding.gzip, .zstd]) func membersAndFramesOneAfterTheOtherAreOneBody(encoding: ContentEncoding) throws {
    let parts = ["one", "", "three"].map { Array($0.utf8) }
    let packed = parts.flatMap { encoding.encode($0) }
    #expect(try encoding.decode(packed, bytesMax: 8) == Array("onethree".utf8))
    #expect(throws: CompressionError.tooLarge(bytesMax: 7)) { try encoding.decode(packed, bytesMax: 7) }
}

@Test(arguments: packings) func changedBytesNeverTrap(encoding: ContentEncoding) {
    var generator = SeededGenerator(seed: 3)
    let packed = encoding.encode(mixedBytes(5000, &generator))
    for _ in 0..<3000 {
        var changed = packed
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
            changed[.random(in: changed.indices, using: &generator)] = .random(in: 0...255, using: &generator)
        }
        // Either outcome is right; the point is that it returns, within the limit.
        if let bytes = try? encoding.decode(changed, bytesMax: 6000) { #expect(bytes.count <= 6000) }
    }
}

@Test(arguments: [ContentEncoding.gzip, .zstd, .deflate]) func aBombStopsAtTheLimit(encoding: ContentEncoding) {
    let bomb = encoding.encode([UInt8](repeating: 0, count: 64 << 20))
    #expect(bomb.count < 400_000)
    #expect(throws: CompressionError.tooLarge(bytesMax: 1 << 20)) { try encoding.decode(bomb, bytesMax: 1 << 20) }
}

@Test func snappysDeclaredLengthIsNotBelieved() {
    // 4 GiB - 1 declared, one literal byte behind it.
    let lie: [UInt8] = [0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 0x00, 0x41]
    #expect(throws: CompressionError.tooLarge(bytesMax: 1 << 20)) { try Snappy.decompress(lie, bytesMax: 1 << 20) }
    #expect(throws: CompressionError.self) { try Snappy.decompress(lie, bytesMax: .max) }
}

@Test func zstdsWindowIsBounded() {
    // A frame header that asks for a window of 2 GiB: magic, descriptor 0, window exponent 21 (2^31), an empty last block.
    let frame: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0x00, 21 << 3, 0x01, 0x00, 0x00]
    #expect(throws: CompressionError.self) { try Zstd.decompress(frame, bytesMax: 1 << 20) }
}

@Test func knownBytesDecode() throws {
    // A snappy literal of 5, and a stored deflate block in zlib's and in gzip's wrapping.
    #expect(try Snappy.decompress([5, 4 << 2, 0x68, 0x65, 0x6C, 0x6C, 0x6F], bytesMax: 5) == Array("hello".utf8))
    let stored: [UInt8] = [0x01, 0x05, 0x00, 0xFA, 0xFF, 0x68, 0x65, 0x6C, 0x6C, 0x6F]
    #expect(try Deflate.decompress(stored, bytesMax: 5) == Array("hello".utf8))
    #expect(try Deflate.decompress([0x78, 0x01] + stored + [0x06, 0x2C, 0x02, 0x15], bytesMax: 5) == Array("hello".utf8))
    let header: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3]
    #expect(try Gzip.decompress(header + stored + [0x86, 0xA6, 0x10, 0x36, 5, 0, 0, 0], bytesMax: 5) == Array("hello".utf8))
}

@Test func headersNameTheirEncoding() {
    #expect(ContentEncoding(header: nil) == .identity)
    #expect(ContentEncoding(header: "") == .identity)
    #expect(ContentEncoding(header: " GZIP ") == .gzip)
    #expect(ContentEncoding(header: "x-gzip") == .gzip)
    #expect(ContentEncoding(header: "br") == nil)
    #expect(ContentEncoding(header: "gzip, gzip") == nil)
}
