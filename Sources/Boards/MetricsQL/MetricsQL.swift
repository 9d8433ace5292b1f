import PromQL

/// Reads queries that are written for VictoriaMetrics, and says them in PromQL as far as that can be.
///
/// Its language, MetricsQL, is PromQL with more: rollups without a range, ranges where an instant vector is wanted, numbers beside series in
/// `or`, templates (`WITH`), and the greatest series of the whole range (`topk_max`). What PromQL reads itself is left as it is, and so is
/// what isn't understood: the collector then says why it refuses it.
enum MetricsQL {
    /// What a query takes from the panel that asks it.
    struct Window: Hashable, Sendable {
        /// The step, and the range of time, in milliseconds.
        var stepMilliseconds: Int64
        var rangeMilliseconds: Int64
        /// Asked for one moment alone.
        var isInstant = false

        /// The range of a rollup that names none: a step, and at least four scrapes.
        var rollupMilliseconds: Int64 { max(stepMilliseconds, 4 * Limits.scrapeMilliseconds) }
    }

    /// The query in PromQL, which gives an instant vector or a number; the text itself where it does so already, or can't be said.
    static func promQL(_ text: String, _ window: Window) -> String {
        if !MetricsQLHint.mayBeMore(text) || isPromQL(text) { return text }
        do throws(MetricsQLFault) {
            let tree = try MetricsQLParser.parse(text)
            var templates = MetricsQLTemplates()
            var reading = MetricsQLReading(window)
            let said = try reading.query(try templates.expanded(tree)).text(bytesMax: Limits.queryBytes)
            return isPromQL(said) ? said : text
        } catch {
            return text
        }
    }

    private static func isPromQL(_ text: String) -> Bool {
        do throws(PromQLSyntaxError) {
            let type = try PromQLParser.parse(text).type
            return type == .vector || type == .scalar
        } catch {
            return false
        }
    }
}

/// Why a text isn't said in PromQL: it is none of MetricsQL either, or of a part of it that isn't read.
struct MetricsQLFault: Error {}
