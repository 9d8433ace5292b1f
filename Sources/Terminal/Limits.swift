/// Every cap of the toolkit, with its reason.
enum Limits {
    /// Columns and rows of a buffer: more than any screen has, and 2^20 cells of 16 bytes stay within 16 MiB.
    static let sideCells = 1024
    /// Different multi-scalar clusters kept by the process. Beyond it a cluster is drawn as its first scalar, so that hostile text can't grow the table.
    static let clusters = 65_536
    /// Scalars of one cluster; more stacked marks than any script uses are cut.
    static let clusterScalars = 8
    /// Bytes of an escape sequence from the terminal; a longer one is dropped.
    static let sequenceBytes = 64
    /// Bytes of one paste; what is beyond is dropped.
    static let pasteBytes = 65_536
    /// Characters of an input line: no query is longer.
    static let inputCharacters = 4096
    /// Unchanged cells that may be cheaper to write again than to jump over: a jump costs 3 to 5 bytes.
    static let gapCells = 5
    /// Styles of a row up to which it is tried whether drawing them one after the other is shorter.
    static let stylesInPasses = 12
    /// Columns that a part of a row may have moved to the left to be moved by the terminal.
    static let shiftColumnsMax = 16
    /// Cells that a shift must save from being drawn to be worth its 12 to 24 bytes.
    static let shiftCells = 9
    /// Bytes of a frame up to which it is shown at once without being marked as one: it arrives by one write.
    static let synchronizedBytes = 256
    /// Blank cells at a row's end from which erasing to the end (3 bytes) is cheaper than writing them.
    static let eraseCells = 4
    /// Rows that a scroll must save from being drawn to be worth its 12 to 20 bytes.
    static let scrollRows = 2
    /// Wait for the rest of an escape sequence before a lone ESC counts as the key; over a slow line the rest comes within it.
    static let escapeWaitMilliseconds: Int64 = 40
    /// Quiet time after a change of size before the screen is drawn anew, so that dragging a window isn't a storm of repaints.
    static let resizeWaitMilliseconds: Int64 = 50
    /// Wait before looking again whether the terminal has taken the last frame.
    static let outputWaitMilliseconds: Int64 = 20
}
