import Foundations

/// Times and durations as the Prometheus and Loki APIs take them.
extension RequestParameters {
    /// A moment: seconds since 1970, with a fraction, or RFC 3339. `fallback` where it is missing.
    func moment(_ name: String, default fallback: Timestamp) throws(Refusal) -> Timestamp {
        guard let text = self[name] else { return fallback }
        return try Self.moment(text, name: name)
    }

    func requiredMoment(_ name: String) throws(Refusal) -> Timestamp { try Self.moment(self[name] ?? "", name: name) }

    private static func moment(_ text: String, name: String) throws(Refusal) -> Timestamp {
        // What Prometheus's own client writes for an open start or end.
        if text == "-292273086-05-16T16:47:06Z" { return .distantPast }
        if text == "292277025-08-18T07:12:54.999999999Z" { return .distantFuture }
        if let seconds = plainNumber(text) {
            let milliseconds = (seconds * 1000).rounded()
            guard let exact = Int64(exactly: milliseconds) else {
                throw .badParameter("invalid parameter \"\(name)\": \"\(shown(text))\" is too far from 1970")
            }
            return Timestamp(milliseconds: exact)
        }
        if let moment = TimestampText.parseRFC3339(text) { return moment.milliseconds }
        throw .badParameter(
            "invalid parameter \"\(name)\": cannot parse \"\(shown(text))\" to a valid timestamp; give seconds since 1970 or RFC 3339")
    }

    /// A moment in Loki's terms: nanoseconds since 1970 where it is a long integer, else seconds with a fraction, else RFC 3339.
    func nanoMoment(_ name: String) throws(Refusal) -> NanoTimestamp? {
        guard let text = self[name] else { return nil }
        if let integer = Int64(text) {
            // Ten digits are seconds until the year 2286, as Loki reads them.
            return text.count <= 10 ? Timestamp(seconds: integer).nanos : NanoTimestamp(nanoseconds: integer)
        }
        if let seconds = Self.plainNumber(text), let nanoseconds = Int64(exactly: (seconds * 1_000_000_000).rounded()) {
            return NanoTimestamp(nanoseconds: nanoseconds)
        }
        if let moment = TimestampText.parseRFC3339(text) { return moment }
        throw .badParameter(
            "invalid parameter \"\(name)\": cannot parse \"\(Self.shown(text))\" to a valid timestamp; give nanoseconds since 1970 or RFC 3339")
    }

    /// A duration in milliseconds: seconds with a fraction, or `1h30m`. Nil where it is missing.
    func durationMilliseconds(_ name: String) throws(Refusal) -> Int64? {
        guard let text = self[name] else { return nil }
        if let seconds = Self.plainNumber(text) {
            if let milliseconds = Int64(exactly: (seconds * 1000).rounded()) { return milliseconds }
        } else if let milliseconds = DurationText.milliseconds(text) {
            return milliseconds
        }
        throw .badParameter(
            "invalid parameter \"\(name)\": cannot parse \"\(Self.shown(text))\" to a valid duration; give seconds or a form such as 1m30s")
    }

    /// A bound on what is listed: nil where it is missing or 0.
    func limit(_ name: String = "limit") throws(Refusal) -> Int? {
        guard let text = self[name] else { return nil }
        guard let limit = Int(text), limit >= 0 else {
            throw .badParameter("invalid parameter \"\(name)\": \"\(Self.shown(text))\" is no number of 0 or more")
        }
        return limit == 0 ? nil : limit
    }

    /// A bound where 0 is one too: nil where it is missing or negative.
    func count(_ name: String) throws(Refusal) -> Int? {
        guard let text = self[name] else { return nil }
        guard let count = Int(text) else { throw .badParameter("\(name) must be a number") }
        return count < 0 ? nil : count
    }

    /// A decimal number, without hexadecimal forms and infinities.
    private static func plainNumber(_ text: String) -> Double? {
        guard text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 || $0 == 0x2E || $0 == 0x2D || $0 == 0x2B || $0 | 0x20 == 0x65 }) else {
            return nil
        }
        return Double(text).flatMap { $0.isFinite ? $0 : nil }
    }

    /// Text of a request as an error may show it.
    private static func shown(_ text: String) -> String { SafeText(text.prefix(100)).string }
}
