import Glibc

/// Whether two runs of `count` bytes are the same.
func compareMemory(_ left: UnsafeRawPointer, _ right: UnsafeRawPointer, _ count: Int) -> Bool { memcmp(left, right, count) == 0 }
