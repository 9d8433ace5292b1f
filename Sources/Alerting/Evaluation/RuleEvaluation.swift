import Foundations
import Model

/// Why a rule's evaluation failed.
struct RuleFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// What the texts of alerts may refer to beside the alert.
struct TextEnvironment: Sendable {
    var evaluator: any ExpressionEvaluator
    var externalLabels: Labels
    var externalURL: String
}

/// One evaluation of one rule: from results to observations, samples and stale markers.
enum RuleEvaluation {
    /// Labels and texts of an alerting rule's results. Throws where two results have the same labels.
    static func observations(
        of results: [ResultElement], rule: Rule, at queryMoment: Timestamp, _ environment: TextEnvironment
    ) async throws -> [AlertRuleState.Observation] {
        var observations: [AlertRuleState.Observation] = []
        var seen: Set<Labels> = []
        let query: @Sendable (String) async throws -> [(labels: Labels, value: Double)] = { expression in
            try await environment.evaluator.evaluate(expression, at: queryMoment).map { ($0.labels, $0.value) }
        }
        let labelTemplates = rule.labels.map(NamedTemplate.init)
        let annotationTemplates = rule.annotations.map(NamedTemplate.init)
        for result in results {
            let context = Template.Context(
                labels: result.labels, value: result.value, externalLabels: environment.externalLabels,
                externalURL: environment.externalURL, query: query)
            var labels = LabelsBuilder(result.labels.droppingMetricName)
            for label in labelTemplates { labels.set(label.name, to: await label.text(context)) }
            labels.set(AlertLabel.name, to: rule.name)
            var annotations: [NamedText] = []
            for annotation in annotationTemplates {
                annotations.append(NamedText(name: annotation.name, text: await annotation.text(context)))
            }
            let observation = AlertRuleState.Observation(labels: labels.build(), annotations: annotations, value: result.value)
            guard seen.insert(observation.labels).inserted else {
                throw RuleFailure("two results have the same labels once the rule's are added: \(observation.labels)")
            }
            observations.append(observation)
        }
        return observations
    }

    /// What the absence of active alerts means, told by the data behind the rule's condition.
    static func absences(
        of vanished: [AlertInstance], rule: Rule, dataExpression: String?, at queryMoment: Timestamp, _ evaluator: any ExpressionEvaluator
    ) async throws -> [Labels: AlertRuleState.Absence] {
        guard let dataExpression, !vanished.isEmpty else { return [:] }
        let data = try await evaluator.evaluate(dataExpression, at: queryMoment).map(\.labels.droppingMetricName)
        let added = Set(rule.labels.map(\.name) + [AlertLabel.name])
        // A label of the series that the rule replaced can't be told from the alert: it is left out on both sides.
        let exact = Set(data.map { $0.dropping(added) })
        var comparisonsLeft = Limits.dataProbeComparisonsMax
        var absences: [Labels: AlertRuleState.Absence] = [:]
        for alert in vanished {
            let own = alert.labels.dropping(added)
            var isPresent = exact.contains(own)
            if !isPresent, comparisonsLeft >= data.count {
                comparisonsLeft -= data.count
                isPresent = data.contains { series in own.pairs.allSatisfy { series[$0.name] == $0.value } }
            }
            absences[alert.labels] = isPresent ? .ended : .noData
        }
        return absences
    }

    /// A recording rule's samples. Throws where two results have the same labels.
    static func recorded(_ results: [ResultElement], rule: Rule, at moment: Timestamp) throws -> [MetricBatch.Entry] {
        var seen: Set<Labels> = []
        return try results.map { result in
            var labels = LabelsBuilder(result.labels)
            labels.set(LabelName.metricName, to: rule.name)
            for label in rule.labels { labels.set(label.name, to: label.text) }
            let series = labels.build()
            guard seen.insert(series).inserted else { throw RuleFailure("two results have the same labels once the rule's are added: \(series)") }
            if let histogram = result.histogram {
                return MetricBatch.Entry(labels: series, histograms: [HistogramSample(timestamp: moment.milliseconds, histogram: histogram)])
            }
            return MetricBatch.Entry(labels: series, samples: [Sample(timestamp: moment.milliseconds, value: result.value)])
        }
    }

    /// `ALERTS` and `ALERTS_FOR_STATE` of a rule's active alerts.
    static func alertSeries(_ alerts: some Sequence<AlertInstance>, at moment: Timestamp) -> [MetricBatch.Entry] {
        alerts.sorted { $0.labels < $1.labels }.flatMap { alert in
            var labels = LabelsBuilder(alert.labels)
            labels.set(LabelName.metricName, to: "ALERTS_FOR_STATE")
            let start = MetricBatch.Entry(
                labels: labels.build(), samples: [Sample(timestamp: moment.milliseconds, value: alert.activeAt.seconds.rounded(.towardZero))])
            labels.set(LabelName.metricName, to: "ALERTS")
            labels.set(AlertLabel.state, to: alert.phase.rawValue)
            return [MetricBatch.Entry(labels: labels.build(), samples: [Sample(timestamp: moment.milliseconds, value: 1)]), start]
        }
    }

    /// Ends of series.
    static func staleMarkers(_ series: Set<Labels>, at moment: Timestamp) -> [MetricBatch.Entry] {
        series.sorted().map { MetricBatch.Entry(labels: $0, samples: [Sample(timestamp: moment.milliseconds, value: StaleMarker.value)]) }
    }
}
