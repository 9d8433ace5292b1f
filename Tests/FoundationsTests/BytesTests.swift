import CPlatform
import Foundations
import Testing

@Suite struct BytesTests {
    @Test(arguments: 0..<50 as Range<UInt64>) func whatIsAppendedIsReadAgain(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let numbers = (0..<20).map { _ in generator.next() >> UInt64.random(in: 0..<64, using: &generator) } + [0, .max, 127, 128]
        var bytes: [UInt8] = []
        for number in numbers {
            bytes.append(varint: number)
            bytes.append(zigzag: Int64(bitPattern: number))
            bytes.append(littleEndian: number)
            bytes.append(littleEndian: UInt16(truncatingIfNeeded: number))
            bytes.append(double: Double(bitPattern: number))
            bytes.append(lengthPrefixed: "n\(number)é")
        }
        bytes.withUnsafeBytes { buffer in
            var reader = ByteReader(buffer)
            for number in numbers {
                #expect(reader.readVarint() == number)
                #expect(reader.readZigzag() == Int64(bitPattern: number))
                #expect(reader.read(UInt64.self) == number)
                #expect(reader.read(UInt16.self) == UInt16(truncatingIfNeeded: number))
                #expect(reader.readDouble()?.bitPattern == number)
                #expect(reader.readString() == "n\(number)é")
            }
            #expect(reader.isAtEnd && reader.remaining == 0)
        }
    }

    @Test func readingPastTheEndIsNilAndMovesNothing() {
        [UInt8]([1, 2, 3]).withUnsafeBytes { buffer in
            var reader = ByteReader(buffer)
            #expect(reader.read(UInt32.self) == nil)
            #expect(reader.readBytes(4) == nil)
            #expect(reader.readBytes(-1) == nil)
            let isSkippedPastTheEnd = reader.skip(4)
            #expect(!isSkippedPastTheEnd)
            #expect(reader.offset == 0)
            let isSkipped = reader.skip(3)
            #expect(isSkipped)
            #expect(reader.readUInt8() == nil)
            #expect(reader.readVarint() == nil)
        }
    }

    @Test(arguments: [
        [UInt8](repeating: 0x80, count: 11),
        [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x02],
        [0x80],
        [],
    ])
    func varintsThatDoNotFitAreRefused(bytes: [UInt8]) {
        bytes.withUnsafeBytes { buffer in
            var reader = ByteReader(buffer)
            #expect(reader.readVarint() == nil)
        }
    }

    @Test func aLengthBeyondTheEndAndBrokenTextAreRefused() {
        [UInt8]([5, 65, 66]).withUnsafeBytes { buffer in
            var reader = ByteReader(buffer)
            #expect(reader.readLengthPrefixed() == nil)
        }
        [UInt8]([2, 0xC3, 0x28]).withUnsafeBytes { buffer in
            var reader = ByteReader(buffer)
            #expect(reader.readString() == nil)
        }
    }

    @Test func aLengthKnownAfterwardsIsPutInItsPlace() {
        var bytes: [UInt8] = [9]
        bytes.append(littleEndian: UInt32(0))
        bytes.append(7)
        bytes.replace(at: 1, littleEndian: UInt32(0x0403_0201))
        #expect(bytes == [9, 1, 2, 3, 4, 7])
    }

    @Test(arguments: [
        ("123456789", 0xE306_9283),
        (String(repeating: "\0", count: 32), 0x8A91_36AA),
        ("", 0),
    ] as [(String, UInt32)])
    func crcOfKnownTextsIsTheKnownOne(text: String, checksum: UInt32) { #expect(CRC32C.checksum(Array(text.utf8)) == checksum) }

    @Test func crcInHardwareEqualsTheTableAtEveryLengthAndAlignment() {
        var generator = SeededGenerator(seed: 3)
        let bytes = (0..<600).map { _ in UInt8.random(in: 0...255, using: &generator) }
        bytes.withUnsafeBytes { buffer in
            for start in 0..<9 {
                for length in [0, 1, 7, 8, 9, 63, 64, 65, 500, 591] {
                    let part = UnsafeRawBufferPointer(rebasing: buffer[start..<start + length])
                    let previous = UInt32.random(in: 0...UInt32.max, using: &generator)
                    #expect(CRC32C.checksum(part, previous: previous) == nj_crc32c_table(previous, part.baseAddress, length))
                }
            }
        }
    }

    @Test func crcIsContinuedFromItsParts() {
        let bytes = Array(0...255 as ClosedRange<UInt8>)
        bytes.withUnsafeBytes { buffer in
            for cut in [0, 1, 100, 256] {
                let first = CRC32C.checksum(UnsafeRawBufferPointer(rebasing: buffer[..<cut]))
                #expect(CRC32C.checksum(UnsafeRawBufferPointer(rebasing: buffer[cut...]), previous: first) == CRC32C.checksum(bytes))
            }
        }
    }
}
