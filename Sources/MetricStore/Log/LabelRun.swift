import Foundations
import Model

/// Canonical bytes of labels that come from a file.
enum LabelRun {
    /// The same as `Labels.isCanonical`, without looking twice at what is ASCII, as nearly everything is.
    static func isCanonical(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var reader = ByteReader(bytes)
        var previous = UnsafeRawBufferPointer(start: nil, count: 0)
        guard isASCII(bytes) else { return Labels.isCanonical(bytes) }
        while !reader.isAtEnd {
            guard let name = reader.readLengthPrefixed(), let value = reader.readLengthPrefixed(), !value.isEmpty, !name.isEmpty,
                compareBytes(previous, name) < 0
            else { return false }
            previous = name
        }
        return true
    }

    /// Also false where a length takes two bytes.
    private static func isASCII(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var offset = 0
        var all: UInt64 = 0
        while offset + 8 <= bytes.count {
            all |= bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            offset += 8
        }
        while offset < bytes.count {
            all |= UInt64(bytes[offset])
            offset += 1
        }
        return all & 0x8080_8080_8080_8080 == 0
    }
}
