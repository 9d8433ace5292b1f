import Model

/// How far a batch has come over its days.
struct BatchProgress {
    private(set) var refused: [LogRefusal: Int]
    /// Blocks as they were stored.
    private(set) var blocks: [StoredBlock] = []
    private(set) var stored = 0
    private(set) var storedBytes = 0
    var failure: LogStoreError?
    private var parts = 0
    private var duplicateParts = 0

    init(refused: [LogRefusal: Int]) { self.refused = refused }

    mutating func add(_ part: PartitionWriter.PartOutcome) {
        parts += 1
        switch part {
        case .duplicate: duplicateParts += 1
        case .stored(let block, let tooMany):
            if let block {
                blocks.append(block)
                stored += block.rows
                storedBytes += block.lineBytes
            }
            if tooMany > 0 { refused[.tooManyStreams, default: 0] += tooMany }
        }
    }

    var isDuplicate: Bool { parts > 0 && duplicateParts == parts }

    var result: Result<LogAppendOutcome, LogStoreError> {
        if let failure { return .failure(failure) }
        let refused = refused.map { (reason: $0.key, count: $0.value) }.sorted { $0.reason.rawValue < $1.reason.rawValue }
        return .success(LogAppendOutcome(stored: stored, isDuplicateBatch: isDuplicate, refused: refused))
    }
}
