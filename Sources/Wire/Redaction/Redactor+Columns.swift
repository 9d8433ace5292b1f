import Foundations
import Model

extension Redactor {
    /// All rows' lines and fields, with the same outcome as record by record.
    ///
    /// One look over all lines and one over all fields finds the few rows that are looked at closer.
    public func redact(_ columns: inout LogColumns, counting counts: inout RedactionCounts) {
        guard isOn else { return }
        let suspects = rules.kinds.contains(.patterns) && !rules.patterns.isEmpty ? Array(columns.rows.indices) : suspects(columns)
        for index in suspects {
            if columns.rows[index].fieldsBytes == 0 {
                redactLine(&columns, index, counting: &counts)
            } else {
                var record = columns.record(index)
                let before = counts.total
                redact(&record, counting: &counts)
                // A field's value may change without being counted: the line said the same.
                if counts.total != before { columns.replaceTexts(index, with: record) }
            }
        }
    }

    private func redactLine(_ columns: inout LogColumns, _ index: Int, counting counts: inout RedactionCounts) {
        guard let clean = columns.withTexts(index, { line, _ in redact(line, counting: &counts) }) else { return }
        let isInvalid = columns.rows[index].isInvalid
        clean.withUnsafeBytes { columns.replaceLine(index, with: $0, isInvalid: isInvalid && !UTF8Check.isValid($0)) }
    }

    /// Rows that may hold a secret, ascending. Misses none; some hold none.
    private func suspects(_ columns: LogColumns) -> [Int] {
        var found = Set<Int>()
        columns.lines.withUnsafeBytes { lines in
            if findsCards { cardSuspects(lines, columns, into: &found) }
            if findsWords { wordSuspects(lines, columns, into: &found) }
        }
        if !columns.fields.isEmpty { fieldSuspects(columns, into: &found) }
        return found.sorted()
    }

    /// Lines end in line feeds, which are no part of a card's number: one look over all finds what one over each does.
    private func cardSuspects(_ lines: UnsafeRawBufferPointer, _ columns: LogColumns, into suspects: inout Set<Int>) {
        var found: [RedactionFinding] = []
        CardNumbers.find(in: lines, into: &found)
        var row = 0
        for finding in found {
            while columns.rows[row].lineRange.upperBound <= finding.range.lowerBound { row += 1 }
            suspects.insert(row)
        }
    }

    private func wordSuspects(_ lines: UnsafeRawBufferPointer, _ columns: LogColumns, into suspects: inout Set<Int>) {
        var found: [RedactionFinding] = []
        var row = 0
        var place = triggers.next(in: lines, from: 0)
        while place < lines.count {
            while columns.rows[row].lineRange.upperBound <= place { row += 1 }
            let range = columns.rows[row].lineRange
            // Looked at within its line: what stands behind it isn't the secret's.
            triggers.look(UnsafeRawBufferPointer(rebasing: lines[range]), at: place - range.lowerBound, into: &found)
            if !found.isEmpty {
                suspects.insert(row)
                found.removeAll(keepingCapacity: true)
                place = range.upperBound
            }
            place = triggers.next(in: lines, from: place + 1)
        }
    }

    /// Names and values stand one behind the other with numbers between them: what is found there is a reason to look, no more.
    private func fieldSuspects(_ columns: LogColumns, into suspects: inout Set<Int>) {
        columns.fields.withUnsafeBytes { fields in
            mark(columns, into: &suspects) { findsWords ? triggers.next(in: fields, from: $0) : fields.count }
            mark(columns, into: &suspects) { findsCards ? ByteScan.digitRun(fields, from: $0) : fields.count }
        }
        guard findsCards else { return }
        for (index, row) in columns.rows.enumerated() where row.hasLargeInteger { suspects.insert(index) }
    }

    /// Takes the rows of the places that `next` finds in the fields.
    private func mark(_ columns: LogColumns, into suspects: inout Set<Int>, next: (Int) -> Int) {
        let count = columns.fields.count
        var row = 0
        var place = next(0)
        while place < count {
            while columns.rows[row].fieldsRange.upperBound <= place { row += 1 }
            suspects.insert(row)
            place = next(columns.rows[row].fieldsRange.upperBound)
        }
    }
}
