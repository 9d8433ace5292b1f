/// What a connection holds of messages that aren't whole yet, against the bound over all bodies.
struct HeldBytes: ~Copyable {
    private let budget: ByteBudget
    private var held = 0

    init(_ budget: ByteBudget) { self.budget = budget }

    deinit { budget.giveBack(held) }

    /// Throws where there is no room for so many: the connection ends, and its sender comes again.
    mutating func set(to bytes: Int) throws(InputError) {
        if bytes > held {
            guard budget.take(bytes - held) else { throw InputError(reason: "too many bytes of unfinished messages are held already") }
        } else {
            budget.giveBack(held - bytes)
        }
        held = bytes
    }
}
