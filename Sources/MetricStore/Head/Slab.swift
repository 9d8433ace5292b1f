import Glibc

/// Plain values one behind another in memory of their own, which grows in place where the system can do that.
///
/// Unlike an array it is never copied by accident, and growing a large one moves pages instead of bytes.
struct Slab<Element: BitwiseCopyable>: ~Copyable, @unchecked Sendable {
    private(set) var base: UnsafeMutablePointer<Element>
    private(set) var count = 0
    private var capacity: Int

    init(minimumCapacity: Int = 16) {
        capacity = max(16, minimumCapacity)
        base = Self.resized(nil, capacity)
    }

    deinit { free(base) }

    var bytes: Int { count * MemoryLayout<Element>.stride }

    @inline(__always) subscript(_ index: Int) -> Element {
        get {
            assert(index >= 0 && index < count)
            return base[index]
        }
        nonmutating set {
            assert(index >= 0 && index < count)
            base[index] = newValue
        }
    }

    /// Valid until the slab grows.
    @inline(__always) func pointer(_ index: Int) -> UnsafeMutablePointer<Element> {
        assert(index >= 0 && index < count)
        return base + index
    }

    @inline(__always) mutating func append(_ element: Element) {
        if count == capacity { grow(to: count + 1) }
        base[count] = element
        count += 1
    }

    mutating func append(contentsOf elements: UnsafeBufferPointer<Element>) {
        guard let source = elements.baseAddress, elements.count > 0 else { return }
        if count + elements.count > capacity { grow(to: count + elements.count) }
        (base + count).update(from: source, count: elements.count)
        count += elements.count
    }

    private mutating func grow(to needed: Int) {
        // By half: of what was doubled last, half would never be used.
        capacity = max(needed, capacity + capacity / 2)
        base = Self.resized(base, capacity)
    }

    private static func resized(_ old: UnsafeMutablePointer<Element>?, _ capacity: Int) -> UnsafeMutablePointer<Element> {
        guard let memory = realloc(old, capacity * MemoryLayout<Element>.stride) else {
            fatalError("no memory for \(capacity) values of \(MemoryLayout<Element>.stride) bytes")
        }
        return memory.assumingMemoryBound(to: Element.self)
    }
}
