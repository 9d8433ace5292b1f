/// A size in cells.
public struct Size: Hashable, Sendable {
    public var columns: Int
    public var rows: Int

    public init(columns: Int, rows: Int) {
        self.columns = columns
        self.rows = rows
    }

    /// `120x40`; nil where it is no size or has a side of 0 or over 1024.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "x", omittingEmptySubsequences: false)
        guard parts.count == 2, let columns = Int(parts[0]), let rows = Int(parts[1]),
            (1...Limits.sideCells).contains(columns), (1...Limits.sideCells).contains(rows)
        else { return nil }
        self.init(columns: columns, rows: rows)
    }
}

/// A rectangle of cells; `x` and `y` count from 0 at the top left. Sides are never negative.
public struct Rect: Hashable, Sendable {
    public var x: Int
    public var y: Int
    public var width: Int
    public var height: Int

    public init(x: Int, y: Int, width: Int, height: Int) {
        self.x = x
        self.y = y
        self.width = max(0, width)
        self.height = max(0, height)
    }

    public init(_ size: Size) { self.init(x: 0, y: 0, width: size.columns, height: size.rows) }

    public var isEmpty: Bool { width == 0 || height == 0 }
    /// The first column to the right of it.
    public var right: Int { x + width }
    /// The first row below it.
    public var bottom: Int { y + height }

    public func contains(x column: Int, y row: Int) -> Bool { column >= x && column < right && row >= y && row < bottom }

    /// The rectangle without a margin on each side.
    public func inset(columns: Int = 0, rows: Int = 0) -> Rect {
        Rect(x: x + min(columns, width), y: y + min(rows, height), width: width - 2 * columns, height: height - 2 * rows)
    }

    public func row(_ index: Int) -> Rect { Rect(x: x, y: y + index, width: width, height: index >= 0 && index < height ? 1 : 0) }

    /// Cuts rows off the top: the cut and the rest.
    public func splitTop(_ rows: Int) -> (top: Rect, rest: Rect) {
        let cut = min(max(0, rows), height)
        return (Rect(x: x, y: y, width: width, height: cut), Rect(x: x, y: y + cut, width: width, height: height - cut))
    }

    public func splitBottom(_ rows: Int) -> (rest: Rect, bottom: Rect) {
        let (rest, bottom) = splitTop(height - min(max(0, rows), height))
        return (rest, bottom)
    }

    public func splitLeft(_ columns: Int) -> (left: Rect, rest: Rect) {
        let cut = min(max(0, columns), width)
        return (Rect(x: x, y: y, width: cut, height: height), Rect(x: x + cut, y: y, width: width - cut, height: height))
    }

    public func splitRight(_ columns: Int) -> (rest: Rect, right: Rect) {
        let (rest, right) = splitLeft(width - min(max(0, columns), width))
        return (rest, right)
    }

    /// Rows of heights that differ by one at most.
    public func rows(_ count: Int) -> [Rect] {
        guard count > 0 else { return [] }
        return (0..<count).map { index in
            let from = height * index / count
            return Rect(x: x, y: y + from, width: width, height: height * (index + 1) / count - from)
        }
    }

    public func columns(_ count: Int) -> [Rect] {
        guard count > 0 else { return [] }
        return (0..<count).map { index in
            let from = width * index / count
            return Rect(x: x + from, y: y, width: width * (index + 1) / count - from, height: height)
        }
    }

    public func intersection(_ other: Rect) -> Rect {
        let left = max(x, other.x), top = max(y, other.y)
        return Rect(x: left, y: top, width: min(right, other.right) - left, height: min(bottom, other.bottom) - top)
    }
}
