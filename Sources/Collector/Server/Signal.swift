import Foundations

/// Something that happens once, with whom to tell.
final class Signal: Sendable {
    private struct State {
        var isSet = false
        var nextIdentifier = 0
        var actions: [Int: @Sendable () -> Void] = [:]
    }
    private let state = Locked(State())

    var isSet: Bool { state.withLock { $0.isSet } }

    func set() {
        let actions = state.withLock { state in
            state.isSet = true
            defer { state.actions = [:] }
            return Array(state.actions.values)
        }
        for action in actions { action() }
    }

    /// Runs `action` once when it is set; at once where it is. Returns what `forget` takes.
    func whenSet(_ action: @escaping @Sendable () -> Void) -> Int {
        let (identifier, isSet) = state.withLock { state in
            state.nextIdentifier += 1
            if !state.isSet { state.actions[state.nextIdentifier] = action }
            return (state.nextIdentifier, state.isSet)
        }
        if isSet { action() }
        return identifier
    }

    func forget(_ identifier: Int) { state.withLock { _ = $0.actions.removeValue(forKey: identifier) } }
}
