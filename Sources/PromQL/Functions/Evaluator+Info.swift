import Model

extension Evaluator {
    /// `info`: the labels of series that describe the same instance and job, such as `target_info`.
    func joinInfo(_ arguments: [Expression], _ place: SourceRange) throws -> [Column] {
        let base = try vector(arguments[0])
        let selector = arguments.count > 1 ? arguments[1] : nil
        let dataMatchers = InfoJoin.dataMatchers(of: selector)
        let enrichment = InfoEnrichment(
            wantedLabels: Set(dataMatchers.map(\.name)), needsMatch: dataMatchers.contains { !$0.matchesEmpty })
        let nameMatchers = InfoJoin.nameMatchers(of: selector)
        var infoOfIdentity: [Labels: [Column]] = [:]
        let identity = LabelProjection.keeping(InfoJoin.identifyingLabels)
        for series in context.data.series(of: place) {
            if !base.isEmpty { try checkFloats(series) }
            guard let column = newest(series) else { continue }
            infoOfIdentity[identity(series.labels), default: []].append(column)
        }
        // Series that say nothing of where they come from are described by none.
        infoOfIdentity[Labels()] = nil
        var result: [Column] = []
        for column in base {
            try context.check()
            // An info series isn't described by itself.
            if nameMatchers.matches(column.labels) {
                result.append(column)
                continue
            }
            result += try enrichment.parts(of: column, infoOfIdentity[identity(column.labels)] ?? [])
        }
        return try Self.joined(result)
    }

    /// Throws where a series is a histogram at any step: labels come with floats.
    private func checkFloats(_ series: Series) throws {
        guard !series.histograms.isEmpty else { return }
        var column = Column(labels: series.labels, count: steps)
        let moments = StepGrid(start: grid.start, step: grid.step, count: steps)
        guard Self.fillNewest(&column, series, moments, context.options.lookbackMilliseconds, .value), column.hasHistograms else { return }
        throw QueryError.execution("this should be an info metric, with float samples: \(Self.fullText(series.labels))")
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
}

/// What `info` adds to series.
private struct InfoEnrichment {
    /// Empty is all.
    let wantedLabels: Set<String>
    /// Series that nothing describes are left out.
    let needsMatch: Bool

    /// The series with the labels that its info series give it, cut where these change.
    func parts(of column: Column, _ info: [Column]) throws -> [Column] {
        var parts: [Labels: Column] = [:]
        for step in column.values.indices where column.isPresent(at: step) {
            let newest = try newestOfName(info, step)
            if newest.isEmpty, needsMatch { continue }
            let labels = try enriched(column.labels, newest)
            parts[labels, default: Column(labels: labels, count: column.values.count, dropsName: column.dropsName)].copy(from: column, at: step)
        }
        return parts.values.sorted { $0.labels < $1.labels }
    }

    /// Of each info metric the series with the newest sample.
    private func newestOfName(_ info: [Column], _ step: Int) throws -> [String: Column] {
        var newest: [String: Column] = [:]
        for candidate in info where !isAbsent(candidate.values[step]) {
            let name = candidate.labels.metricName ?? ""
            if let known = newest[name] {
                if known.values[step] > candidate.values[step] { continue }
                if known.values[step] == candidate.values[step] {
                    let time = ValueText.format(known.values[step])
                    throw QueryError.execution(
                        "found duplicate series for info metric: existing \(Evaluator.fullText(known.labels)) @ \(time), "
                            + "new \(Evaluator.fullText(candidate.labels)) @ \(time)")
                }
            }
            newest[name] = candidate
        }
        return newest
    }

    private func enriched(_ labels: Labels, _ info: [String: Column]) throws -> Labels {
        var added: [String: String] = [:]
        var builder = LabelsBuilder(labels)
        for name in info.keys.sorted() {
            for (label, value) in info[name]!.labels.pairs {
                guard label != LabelName.metricName, wantedLabels.isEmpty || wantedLabels.contains(label) else { continue }
                if let other = added[label], other != value { throw QueryError.execution("conflicting label: \(label)") }
                guard (labels[label] ?? "").isEmpty else { continue }
                added[label] = value
                builder.set(label, to: value)
            }
        }
        return builder.build()
    }
}
