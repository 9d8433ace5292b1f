import Model

/// Templates as people see them, of those that chunks before had: most chunks of a stream have the same, and making their text takes longer
/// than finding it. Used by one thread.
final class KnownTemplates {
    private struct Known {
        /// All pieces, one after the other.
        let text: [UInt8]
        /// Where each piece ends in the text.
        let ends: [Int]
        let kind: TemplateKind
    }

    /// By the hash of a template's pieces; of two with the same hash the later one.
    private var known: [UInt64: Known] = [:]
    private var heldBytes = 0

    /// `pieces`: parts of `lines`. `hash`: of the pieces, the same for the same ones.
    func kind(_ pieces: [Range<Int>], of lines: UnsafeRawBufferPointer, hash: UInt64) -> TemplateKind {
        if let found = known[hash], Self.isSame(found, pieces, lines) { return found.kind }
        let new = Self.known(pieces.map { UnsafeRawBufferPointer(rebasing: lines[$0]) })
        if heldBytes + new.text.count > Limits.knownTemplatesBytesMax {
            known.removeAll(keepingCapacity: true)
            heldBytes = 0
        }
        heldBytes += new.text.count + Limits.knownTemplateOverheadBytes
        known[hash] = new
        return new.kind
    }

    private static func isSame(_ known: Known, _ pieces: [Range<Int>], _ lines: UnsafeRawBufferPointer) -> Bool {
        guard known.ends.count == pieces.count else { return false }
        return known.text.withUnsafeBytes { text in
            var start = 0
            for index in pieces.indices {
                let end = known.ends[index]
                guard memoryIsEqual(UnsafeRawBufferPointer(rebasing: text[start..<end]), UnsafeRawBufferPointer(rebasing: lines[pieces[index]])) else { return false }
                start = end
            }
            return true
        }
    }

    private static func known(_ pieces: [UnsafeRawBufferPointer]) -> Known {
        var text: [UInt8] = []
        text.reserveCapacity(pieces.reduce(0) { $0 + $1.count })
        var ends: [Int] = []
        for piece in pieces {
            text.append(contentsOf: piece)
            ends.append(text.count)
        }
        return Known(text: text, ends: ends, kind: TemplateKind(pieces: pieces))
    }
}
