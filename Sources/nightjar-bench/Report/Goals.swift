import Foundations

/// What the metric store is to reach, beside what was measured.
struct Goal {
    let title: String
    let target: String
    let then: String
    /// The figure of the best peer when the goal was set, measured on a machine of this kind.
    let reference: String
    let measured: Measured

    enum Measured {
        /// The figure, whether it meets the target, and the best peer's of this run.
        case figure(String, isMet: Bool, peer: String)
        case missing(String)
    }
}

/// The goals, filled in from a run.
struct Goals {
    let results: Results
    let nightjar: String
    let peers: [String]
    let scale: Double

    var all: [Goal] {
        let tsbs = IngestRows(section: "TSBS-like")
        let node = IngestRows(section: "node-like")
        let counts = PodStage.counts(scale)
        return [
            goal("bytes per sample with index, TSBS-like, bit-exact", 0.60, "0.56", "0.74, rounded", tsbs.bytesPerSample),
            goal("the same, node-like", 0.50, "0.42", "0.70, rounded", node.bytesPerSample),
            goal("remote write 1.0, samples per CPU second through the whole server, TSBS-like", 3e6, "5 M", "0.62 M", tsbs.rate),
            goal("the same, node-like", 3e6, "5 M", "0.68 M", node.rate),
            goal("the same on 100k new series", 0.8e6, "1.5 M", "0.29 M", PodStage.fresh),
            goal("RSS per active series at \(grouped(counts.last!))", 500, "300 B", "1.14 KiB at 500k", PodStage.memory(counts.last!)),
            goal("ready after kill -9, all series", 2, "0.5 s", "0.14 s with loss, about 10 s without", PodStage.ready),
            goal("acknowledged samples lost by kill -9", 0, "0", "29 % of the last seconds", PodStage.lost),
            queryGoal("query CPU beside VictoriaMetrics", "VictoriaMetrics", target: 1.0 / 3, then: "1/5"),
            queryGoal("query CPU beside Prometheus", "Prometheus", target: 1.0 / 20, then: "1/40"),
            firstByteGoal,
            goal("scan of compressed data, samples per CPU second, TSBS-like", 400e6, "1 G", "125 M", tsbs.scan),
        ]
    }

    private func goal(_ title: String, _ target: Double, _ then: String, _ reference: String, _ row: FigureRow) -> Goal {
        let measured: Goal.Measured
        switch results[row, nightjar] {
        case .missing(let reason): measured = .missing(reason)
        case nil: measured = .missing("Nightjar wasn't measured")
        case .some(let cell):
            let value = cell.value ?? .nan
            let best = peers.compactMap { peer in results[row, peer]?.value.map { (peer, $0) } }
                .min { row.unit.isRate ? $0.1 > $1.1 : $0.1 < $1.1 }
            measured = .figure(
                row.unit.text(value), isMet: row.unit.isRate ? value >= target : value <= target,
                peer: best.map { "\(row.unit.text($0.1)) (\($0.0))" } ?? "none was measured")
        }
        return Goal(title: title, target: row.unit.text(target), then: then, reference: reference, measured: measured)
    }

    /// The parts of a peer's time that the queries took, by title.
    private func ratios(_ peer: String) -> [(title: String, ratio: Double)] {
        results.rows.filter { $0.section == QueryStage.section }.compactMap { row in
            guard let own = results[row, nightjar]?.value, let other = results[row, peer]?.value, other > 0 else { return nil }
            return (row.title, own / other)
        }
    }

    private func queryGoal(_ title: String, _ peer: String, target: Double, then: String) -> Goal {
        let ratios = peers.first { $0.hasPrefix(peer) }.map(ratios) ?? []
        guard let worst = ratios.max(by: { $0.ratio < $1.ratio }) else {
            return Goal(title: title, target: fraction(target), then: then, reference: "1", measured: .missing("the queries weren't measured on both"))
        }
        let text = "median \(fraction(ratios.map(\.ratio).median)), worst \(fraction(worst.ratio)) (\(worst.title))"
        return Goal(title: title, target: fraction(target), then: then, reference: "1", measured: .figure(text, isMet: worst.ratio <= target, peer: "1"))
    }

    private var firstByteGoal: Goal {
        let (title, target) = ("first byte of many series over 12 h, wall, beside VictoriaMetrics", 1.0 / 3)
        let peer = peers.first { $0.hasPrefix("VictoriaMetrics") }
        guard let own = results[QueryStage.firstByte, nightjar]?.value, let other = peer.flatMap({ results[QueryStage.firstByte, $0]?.value }) else {
            return Goal(title: title, target: fraction(target), then: "", reference: "1", measured: .missing("it wasn't measured on both"))
        }
        return Goal(title: title, target: fraction(target), then: "", reference: "1", measured: .figure(fraction(own / other), isMet: own / other <= target, peer: "1"))
    }

    /// 0.2 as `1/5.0`, 1.7 as `1.7`.
    private func fraction(_ ratio: Double) -> String { ratio < 1 ? "1/" + decimal(1 / ratio, 1).replacing(".0", with: "") : decimal(ratio, 2) }

    var table: String {
        let head = ["goal", "target", "then", "measured", "best peer in this run", "best peer when the goal was set", ""]
        return Markdown.table(
            [head]
                + all.map { goal in
                    switch goal.measured {
                    case .figure(let text, let isMet, let peer): [goal.title, goal.target, goal.then, text, peer, goal.reference, isMet ? "met" : "**not met**"]
                    case .missing(let reason): [goal.title, goal.target, goal.then, "not measured: \(reason)", "", goal.reference, ""]
                    }
                })
    }
}
