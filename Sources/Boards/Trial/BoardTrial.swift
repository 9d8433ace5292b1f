import Foundations
import Glibc

/// A made-up board with made-up data, for measuring what boards cost: what is asked for the same moment again is the same.
package enum BoardTrial {
    /// Eight charts, two of them stacked, two figures, bars and a table.
    package static let file = """
        title: Trial
        range: 1h
        refresh: 1s
        panels:
        """ + (0..<8).map { index in
            "\n  - {title: Chart \(index), query: 'm\(index)', legend: '{{host}}', unit: bytes, size: 8x10\(index % 4 == 0 ? ", stack: normal" : ""), legend_values: [mean, last]}"
        }.joined() + """

          - {title: State, type: stat, query: s, size: 4x10}
          - {title: Load, type: stat, query: t, size: 4x10}
          - {title: Disks, type: bargauge, query: d, legend: '{{host}}', size: 8x10}
          - {title: Hosts, type: table, query: h, size: 8x10}
        """

    /// A wave with some noise between 0 and 1, by the moment alone.
    package static func value(_ seed: Int, _ seconds: Int64) -> Double {
        let noise = Double((seconds &* 7919 &+ Int64(seed) &* 104_729) % 101) / 101
        return min(1, max(0, 0.5 + 0.35 * sin(Double(seconds) / 450 + Double(seed)) + 0.12 * noise))
    }

    /// Five series in waves.
    package struct Source: BoardSource {
        package init() {}

        package func answer(_ request: BoardRequest) async throws -> BoardAnswer {
            let times: [Int64]
            let text: String
            switch request {
            case .range(let expression, _, let window): (text, times) = (expression, window.times)
            case .instant(let expression, _, let moment): (text, times) = (expression, [moment.milliseconds])
            default: return .names([])
            }
            let seed = text.utf8.reduce(7) { ($0 &* 31 &+ Int($1)) & 0xFFF }
            return .series((0..<5).map { index in
                BoardSeries(labels: ["host": "host\(index)"], times: times, values: times.map { BoardTrial.value(seed + index * 17, $0 / 1000) * 1_000_000 })
            })
        }
    }
}
