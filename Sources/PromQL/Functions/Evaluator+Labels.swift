import Model

extension Evaluator {
    /// `label_replace`
    func replaceLabel(_ arguments: [Expression]) throws -> [Column] {
        let columns = try vector(arguments[0])
        let destination = try labelName(arguments[1], "destination label name in label_replace()")
        let replacement = try text(arguments[2])
        let source = try text(arguments[3])
        let patternText = try text(arguments[4])
        let pattern: RegularExpression
        do {
            pattern = try RegularExpression("^(?s:\(patternText))$")
        } catch {
            throw QueryError.execution("invalid regular expression in label_replace(): \(patternText)")
        }
        return try Self.joined(
            columns.map { column in
                var value = column.labels[source] ?? ""
                let replaced: String? = value.withUTF8 { bytes in
                    let bytes = UnsafeRawBufferPointer(bytes)
                    return pattern.firstMatch(in: bytes).map { pattern.expand(replacement, match: $0, in: bytes) }
                }
                guard let replaced else { return column }
                return relabelled(column, destination, replaced)
            })
    }

    /// `label_join`
    func joinLabels(_ arguments: [Expression]) throws -> [Column] {
        let columns = try vector(arguments[0])
        let destination = try labelName(arguments[1], "destination label name in label_join()")
        let separator = try text(arguments[2])
        let sources = try arguments.dropFirst(3).map { try labelName($0, "source label name in label_join()") }
        return try Self.joined(
            columns.map { column in
                relabelled(column, destination, sources.map { column.labels[$0] ?? "" }.joined(separator: separator))
            })
    }

    private func relabelled(_ column: Column, _ name: String, _ value: String) -> Column {
        var result = column
        result.labels = column.labels.setting(name, to: value)
        // A name that was given anew stays.
        if name == LabelName.metricName { result.dropsName = false }
        return result
    }

    private func labelName(_ argument: Expression, _ place: String) throws -> String {
        let literal = string(argument)
        guard let name = literal.text, !name.isEmpty else { throw QueryError.execution("invalid \(place): \(StringEscape.quoted(literal.bytes))") }
        return name
    }

    // MARK: info

    /// `info`: the labels of series that describe the same instance and job, such as `target_info`.
    func joinInfo(_ arguments: [Expression], _ place: SourceRange) throws -> [Column] {
        let base = try vector(arguments[0])
        var dataMatchers: [Matcher] = []
        if arguments.count > 1, case .selector(let selector) = arguments[1].node {
            dataMatchers = selector.matchers.filter { $0.name != LabelName.metricName }
        }
        let wantedLabels = Set(dataMatchers.map(\.name))
        let needsMatch = dataMatchers.contains { !$0.matchesEmpty }
        let matchers = InfoJoin.matchers(of: arguments.count > 1 ? arguments[1] : nil)
        let nameMatchers = matchers.filter { $0.name == LabelName.metricName }
        var infoOfIdentity: [Labels: [Column]] = [:]
        let identity = LabelProjection.keeping(InfoJoin.identifyingLabels)
        for series in context.data.series(of: place) {
            guard let column = newest(series) else { continue }
            infoOfIdentity[identity(series.labels), default: []].append(column)
        }
        var result: [Column] = []
        for column in base {
            try context.check()
            // An info series isn't described by itself.
            if nameMatchers.matches(column.labels) {
                result.append(column)
                continue
            }
            result += enriched(column, infoOfIdentity[identity(column.labels)] ?? [], wantedLabels, needsMatch: needsMatch)
        }
        return try Self.joined(result)
    }

    /// At each step the newest sample's time, for telling which info series is the current one.
    private func newest(_ series: Series) -> Column? {
        var cursor = 0
        var column = Column(labels: series.labels, count: steps)
        for step in 0..<steps {
            let moment = grid.time(step)
            while cursor < series.timestamps.count, series.timestamps[cursor] <= moment { cursor += 1 }
            guard cursor > 0, series.timestamps[cursor - 1] > moment - context.options.lookbackMilliseconds,
                !StaleMarker.isStale(series.values[cursor - 1])
            else { continue }
            column.values[step] = Double(series.timestamps[cursor - 1])
        }
        return column.isEmpty ? nil : column
    }

    /// The series with the labels that its info series give it, cut where these change.
    private func enriched(_ column: Column, _ info: [Column], _ wanted: Set<String>, needsMatch: Bool) -> [Column] {
        var parts: [Labels: Column] = [:]
        for step in 0..<steps where column.isPresent(at: step) {
            var newestOfName: [String: Column] = [:]
            for candidate in info where !isAbsent(candidate.values[step]) {
                let name = candidate.labels.metricName ?? ""
                if let known = newestOfName[name], known.values[step] >= candidate.values[step] { continue }
                newestOfName[name] = candidate
            }
            if newestOfName.isEmpty, needsMatch { continue }
            var builder = LabelsBuilder(column.labels)
            for name in newestOfName.keys.sorted() {
                for (label, value) in newestOfName[name]!.labels.pairs {
                    guard label != LabelName.metricName, wanted.isEmpty || wanted.contains(label), (column.labels[label] ?? "").isEmpty else { continue }
                    builder.set(label, to: value)
                }
            }
            let labels = builder.build()
            parts[labels, default: Column(labels: labels, count: steps, dropsName: column.dropsName)].copy(from: column, at: step)
        }
        return parts.values.sorted { $0.labels < $1.labels }
    }
}
