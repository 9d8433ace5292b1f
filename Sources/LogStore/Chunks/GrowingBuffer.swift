/// A buffer for inner loops: room is asked for once, then filled without further checks.
struct GrowingBuffer<Element: BitwiseCopyable>: ~Copyable {
    private(set) var base: UnsafeMutablePointer<Element>
    private(set) var count = 0
    private var capacity: Int

    init(capacity: Int = 64) {
        self.capacity = max(1, capacity)
        base = .allocate(capacity: self.capacity)
    }

    deinit { base.deallocate() }

    @inline(__always) subscript(_ index: Int) -> Element { base[index] }
    var elements: UnsafeBufferPointer<Element> { UnsafeBufferPointer(start: base, count: count) }

    /// Makes sure that `more` elements fit.
    @inline(__always) mutating func reserve(_ more: Int) {
        if count &+ more > capacity { grow(more) }
    }

    @inline(never) private mutating func grow(_ more: Int) {
        capacity = max(capacity * 2, count + more)
        let larger = UnsafeMutablePointer<Element>.allocate(capacity: capacity)
        larger.update(from: base, count: count)
        base.deallocate()
        base = larger
    }

    /// Only with room reserved before.
    @inline(__always) mutating func push(_ element: Element) {
        base[count] = element
        count &+= 1
    }

    @inline(__always) mutating func append(_ element: Element) {
        reserve(1)
        push(element)
    }

    /// What was written behind the end counts from now on; only with room reserved before.
    @inline(__always) mutating func advance(_ written: Int) { count &+= written }

    mutating func removeAll() { count = 0 }
}

extension GrowingBuffer<UInt8> {
    @inline(__always) mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress else { return }
        reserve(bytes.count)
        UnsafeMutableRawPointer(base + count).copyMemory(from: start, byteCount: bytes.count)
        advance(bytes.count)
    }

    @inline(__always) mutating func append(varint value: UInt64) {
        reserve(10)
        var rest = value
        while rest >= 0x80 {
            push(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        push(UInt8(truncatingIfNeeded: rest))
    }

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }
}
