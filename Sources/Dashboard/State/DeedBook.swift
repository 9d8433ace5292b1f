import Foundations

/// What people did and the collector hasn't confirmed yet, and what can be taken back.
struct DeedBook: Hashable, Sendable {
    /// By fingerprint: the word shown until the collector confirms it.
    private(set) var pending: [String: String] = [:]
    /// Sets of deeds that undo one action each, the newest last.
    private(set) var undo: [[Deed]] = []

    /// Notes what is on its way.
    mutating func begin(touching fingerprints: [String], as word: String) {
        for fingerprint in fingerprints { pending[fingerprint] = word }
    }

    /// The collector has done it: it can be taken back from now on.
    mutating func confirmed(_ deed: Deed, silenceID: String?) {
        switch deed {
        case .acknowledge(let fingerprint, _, let actor): addUndo(.unacknowledge(fingerprint: fingerprint, by: actor))
        case .silence:
            if let silenceID { undo.append([.expireSilence(id: silenceID)]) }
        default: break
        }
    }

    mutating func failed(_ deed: Deed) {
        if let fingerprint = deed.fingerprint { pending[fingerprint] = nil } else if case .silence = deed { pending = pending.filter { $0.value != "silencing" } }
    }

    /// New alerts have come: what they show isn't pending any more.
    mutating func settle(_ board: AlertBoard) {
        if pending.isEmpty { return }
        let known = Dictionary(board.items.map { ($0.fingerprint, $0) }, uniquingKeysWith: { first, _ in first })
        pending = pending.filter { fingerprint, word in
            guard let alert = known[fingerprint] else { return false }
            switch word {
            case "acknowledging": return alert.acknowledgement == nil
            case "silencing": return alert.silencedBy.isEmpty
            case "taking back": return alert.acknowledgement != nil
            default: return false
            }
        }
    }

    /// What takes the last action back; nil where there is nothing.
    mutating func takeUndo() -> [Deed]? { undo.popLast() }

    /// Acknowledgements of several alerts at once are taken back at once.
    private mutating func addUndo(_ deed: Deed) {
        if pending.count > 1, case .unacknowledge? = undo.last?.first {
            undo[undo.count - 1].append(deed)
        } else {
            undo.append([deed])
        }
        if undo.count > Limits.undoSteps { undo.removeFirst() }
    }
}

extension Deed {
    /// The alert that it is done to.
    var fingerprint: String? {
        switch self {
        case .acknowledge(let fingerprint, _, _), .unacknowledge(let fingerprint, _), .escalate(let fingerprint, _, _), .comment(let fingerprint, _, _): fingerprint
        default: nil
        }
    }

    /// What is said once it is done.
    var doneText: SafeText {
        switch self {
        case .acknowledge: "acknowledged; u takes it back"
        case .unacknowledge: "the acknowledgement is taken back"
        case .silence: "silenced; u takes it back"
        case .expireSilence: "the silence is ended"
        case .escalate: "escalated"
        case .comment: "the comment is noted"
        case .noteIncident: "the note is on the timeline"
        case .resolveIncident: "the incident is resolved"
        case .handOver: "handed over"
        }
    }
}
