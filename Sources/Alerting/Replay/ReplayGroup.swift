import Foundations
import Model
import PromQL

/// A step of an alert, with the rule it belongs to.
struct ReplayTransition: Sendable {
    var transition: AlertTransition
    var rule: RuleReference
    var at: Timestamp
}

/// One group of rules on its way through a replay: evaluated window by window, its alerts' states kept between.
struct ReplayGroup {
    let group: RuleGroup
    private let schedule: GroupSchedule
    private let identities: [RuleIdentity]
    private var states: [AlertRuleState]
    private var labelsOfResult: [[Labels: Labels]]
    private(set) var evaluations: Int64 = 0
    private(set) var failures: [Int: String] = [:]

    init(_ group: RuleGroup, intervalMillisecondsDefault: Int64) {
        self.group = group
        schedule = GroupSchedule(key: "\(group.file);\(group.name)", intervalMilliseconds: group.intervalMilliseconds ?? intervalMillisecondsDefault)
        identities = RuleIdentity.all(of: group)
        states = group.rules.map { _ in AlertRuleState() }
        labelsOfResult = group.rules.map { _ in [:] }
    }

    /// The longest of its rules' waits: so long before the range it has to be looked at.
    var warmupMilliseconds: Int64 {
        group.rules.map { rule in
            guard case .alert(let holds, let keeps, _) = rule.kind else { return 0 }
            return holds + keeps
        }.max() ?? 0
    }

    /// Evaluates all rules at the group's ticks with `start <= tick < end`. Returns what changed, in order of time.
    mutating func run(_ reader: ReplayReader, texts: TextEnvironment, from start: Timestamp, to end: Timestamp) async -> [ReplayTransition] {
        var found: [ReplayTransition] = []
        let interval = schedule.intervalMilliseconds
        var first = schedule.tick(atOrBefore: start)
        if first < start { first = first.advanced(byMilliseconds: interval) }
        while first < end {
            let count = min(Limits.replayTicksPerQuery, (end.milliseconds - first.milliseconds + interval - 1) / interval)
            for index in group.rules.indices {
                do {
                    found += try await run(index, reader, texts, first: first, count: count)
                } catch {
                    if failures[index] == nil { failures[index] = "\(group.rules[index].name) failed from \(TimestampText.rfc3339(first)) on: \(error)" }
                }
                evaluations += count
            }
            first = first.advanced(byMilliseconds: count * interval)
        }
        return found.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element)
    }

    private mutating func run(_ index: Int, _ reader: ReplayReader, _ texts: TextEnvironment, first: Timestamp, count: Int64) async throws -> [ReplayTransition] {
        let rule = group.rules[index]
        let offset = group.queryOffsetMilliseconds ?? 0
        let interval = schedule.intervalMilliseconds
        let start = first.advanced(byMilliseconds: -offset)
        let series = try await results(of: rule, reader, start: start, end: start.advanced(byMilliseconds: (count - 1) * interval))
        guard case .alert(let holds, let keeps, _) = rule.kind else {
            for one in series { append(one, of: rule, to: reader.recorded) }
            return []
        }
        var byTick: [Int64: [ResultElement]] = [:]
        for one in series {
            for (timestamp, value) in zip(one.timestamps, one.values) { byTick[timestamp, default: []].append(ResultElement(labels: one.labels, value: value)) }
        }
        let limit = group.limit > 0 ? group.limit : Limits.alertsPerRuleMax
        let durations = AlertRuleState.Durations(forMilliseconds: holds, keepFiringForMilliseconds: keeps, noDataHoldMilliseconds: 0)
        var found: [ReplayTransition] = []
        for tick in 0..<count {
            let moment = first.advanced(byMilliseconds: tick * interval)
            let elements = byTick[start.milliseconds + tick * interval] ?? []
            if elements.isEmpty, states[index].alerts.isEmpty { continue }
            if elements.count > limit { throw RuleFailure("\(elements.count) results are more than its limit of \(limit)") }
            let observations = try await observations(of: elements, index, texts, at: moment)
            for var transition in states[index].advance(observations, at: moment, durations: durations, absence: { _ in .ended })
            where transition.step == .fired || transition.step == .resolved {
                if transition.step == .fired { transition.alert.annotations = try await annotations(of: transition.alert, elements, rule, texts, at: moment) }
                found.append(ReplayTransition(transition: transition, rule: RuleReference(identity: identities[index], file: group.file, generatorURL: ""), at: moment))
            }
        }
        return found
    }

    /// The collector evaluates; only what looks at series that the replayed rules record is evaluated here.
    private func results(of rule: Rule, _ reader: ReplayReader, start: Timestamp, end: Timestamp) async throws -> [Series] {
        let needsRecorded = group.source == .metrics && reader.recordedNames.contains { rule.expression.contains($0) }
        if !needsRecorded { return try await reader.source.range(rule.expression, group.source, start: start, end: end, stepMilliseconds: schedule.intervalMilliseconds) }
        let engine = Engine(reader: reader)
        switch try await engine.range(rule.expression, start: start, end: end, stepMilliseconds: schedule.intervalMilliseconds).value {
        case .matrix(let series): return series
        case .scalar, .string, .vector: throw RuleFailure("the expression gives neither a vector nor a scalar")
        }
    }

    private func append(_ series: Series, of rule: Rule, to reader: MemoryMetricReader) {
        var labels = LabelsBuilder(series.labels)
        labels.set(LabelName.metricName, to: rule.name)
        for label in rule.labels { labels.set(label.name, to: label.text) }
        var recorded = series
        recorded.labels = labels.build()
        reader.append(recorded)
    }

    /// Texts are made when an alert fires, not at each tick; labels too, where no template needs the value.
    private mutating func observations(
        of elements: [ResultElement], _ index: Int, _ texts: TextEnvironment, at moment: Timestamp
    ) async throws -> [AlertRuleState.Observation] {
        var rule = group.rules[index]
        guard case .alert(let holds, let keeps, _) = rule.kind else { return [] }
        rule.kind = .alert(forMilliseconds: holds, keepFiringForMilliseconds: keeps, annotations: [])
        if rule.labels.contains(where: { $0.text.contains("{{") }) { return try await RuleEvaluation.observations(of: elements, rule: rule, at: moment, texts) }
        var observations: [AlertRuleState.Observation] = []
        for element in elements {
            if let labels = labelsOfResult[index][element.labels] {
                observations.append(AlertRuleState.Observation(labels: labels, annotations: [], value: element.value))
            } else {
                let made = try await RuleEvaluation.observations(of: [element], rule: rule, at: moment, texts)
                for observation in made { labelsOfResult[index][element.labels] = observation.labels }
                observations += made
            }
        }
        return observations
    }

    private func annotations(of alert: AlertInstance, _ elements: [ResultElement], _ rule: Rule, _ texts: TextEnvironment, at moment: Timestamp) async throws -> [NamedText] {
        for element in elements where element.value == alert.value || element.value.isNaN {
            let made = try await RuleEvaluation.observations(of: [element], rule: rule, at: moment, texts)
            if let observation = made.first, observation.labels == alert.labels { return observation.annotations }
        }
        return []
    }
}
