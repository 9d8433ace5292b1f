/// Names of the series of a panel that have no legend: the labels that tell them apart, and no others.
struct SeriesNaming: Sendable {
    /// Labels that all series have with the same value.
    private let shared: [String: String]
    /// The one label that there is, where no series has another.
    private let only: String?

    /// Characters of an expression that stands for a series without labels.
    private static let expressionCharacters = 60

    init(_ all: [BoardSeries]) {
        var shared = all.first?.labels ?? [:]
        for series in all.dropFirst() where !shared.isEmpty { shared = shared.filter { series.labels[$0.key] == $0.value } }
        let names = all.reduce(into: Set<String>()) { $0.formUnion($1.labels.keys) }.subtracting(["__name__"])
        self.shared = all.count > 1 ? shared : [:]
        only = names.count == 1 ? names.first : nil
    }

    func name(_ labels: [String: String], _ query: PanelQuery) -> String {
        let metric = labels["__name__"]
        let own = labels.filter { $0.key != "__name__" }
        if own.isEmpty { return metric ?? String(query.expression.filter { $0 != "\n" }.prefix(Self.expressionCharacters)) }
        if let only, let value = own[only], metric == nil || shared["__name__"] != nil { return value }
        let different = labels.filter { shared[$0.key] == nil }
        if different.isEmpty { return metric ?? LabelText.text(labels) }
        // One label alone needs no name.
        return different.count == 1 ? different.first!.value : LabelText.text(different)
    }
}
