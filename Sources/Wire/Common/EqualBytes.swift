import Glibc

/// Whether an array holds the same bytes, in one comparison of memory: `elementsEqual` goes byte by byte.
@inline(__always) func equalBytes(_ left: [UInt8], _ right: UnsafeRawBufferPointer) -> Bool {
    left.count == right.count && left.withUnsafeBytes { left.isEmpty || memcmp($0.baseAddress!, right.baseAddress!, right.count) == 0 }
}

/// The same for a name of ours.
@inline(__always) func equalBytes(_ left: UnsafeRawBufferPointer, _ right: StaticString) -> Bool {
    left.count == right.utf8CodeUnitCount && (left.isEmpty || memcmp(left.baseAddress!, right.utf8Start, left.count) == 0)
}
