import Foundations
import Model

/// Prometheus remote read: the protobuf request, and its two kinds of answer.
///
/// Source: Prometheus's `remote.proto` and its documentation of the remote read API.
public enum RemoteRead {
    /// How an answer is written.
    public enum ResponseType: UInt64, Sendable, CaseIterable {
        /// One message, packed with snappy.
        case samples = 0
        /// A stream of messages with the samples in Prometheus's own chunks, which needs no memory for the whole.
        case streamedChunks = 1

        public var contentType: String {
            self == .samples ? "application/x-protobuf" : "application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse"
        }
    }

    /// What the engine that asks is going to do, so that less can be read.
    public struct Hints: Sendable, Equatable {
        /// Milliseconds; 0 for an instant query.
        public var stepMilliseconds: Int64 = 0
        /// The function around the selector; `series` where only labels are wanted.
        public var function = ""
        public var start = Timestamp(milliseconds: 0)
        public var end = Timestamp(milliseconds: 0)
        public var grouping: [String] = []
        /// Whether the grouping is `by` rather than `without`.
        public var isBy = false
        public var rangeMilliseconds: Int64 = 0

        public init() {}
    }

    public struct Query: Sendable {
        public var start: Timestamp
        public var end: Timestamp
        public var matchers: [Matcher]
        public var hints: Hints?
    }

    public struct Request: Sendable {
        public var queries: [Query]
        /// What the client takes, its favourite first; the numbers that are known.
        public var accepted: [ResponseType]
        /// Numbers of response types that aren't known.
        public var unknownAccepted: [UInt64]

        /// The first of the accepted types; samples where the client names none. Nil where it names only unknown ones.
        public var responseType: ResponseType? { accepted.first ?? (unknownAccepted.isEmpty ? .samples : nil) }
    }

    /// A request with snappy undone, or an error that says what was wrong and where.
    ///
    /// ReadRequest { queries = 1, accepted_response_types = 2 }
    public static func decode(_ body: UnsafeRawBufferPointer) throws(WireError) -> Request {
        var request = Request(queries: [], accepted: [], unknownAccepted: [])
        var reader = ProtobufReader(body)
        while let tag = try reader.nextTag() {
            switch tag.field {
            case 1:
                guard request.queries.count < Limits.remoteReadQueriesMax else {
                    throw WireError(.overLimit, "the request has more than \(Limits.remoteReadQueriesMax) queries; send smaller ones", offset: reader.offset)
                }
                request.queries.append(try query(reader.message(tag)))
            case 2:
                var numbers: [UInt64] = []
                try reader.appendRepeated(tag, as: .varint, to: &numbers) { reader throws(WireError) in try reader.rawVarint() }
                for number in numbers {
                    if let type = ResponseType(rawValue: number) { request.accepted.append(type) } else { request.unknownAccepted.append(number) }
                }
            default: try reader.skip(tag)
            }
        }
        return request
    }

    /// Query { start_timestamp_ms = 1, end_timestamp_ms = 2, matchers = 3, hints = 4 }
    private static func query(_ message: ProtobufReader) throws(WireError) -> Query {
        var reader = message
        var query = Query(start: Timestamp(milliseconds: 0), end: Timestamp(milliseconds: 0), matchers: [], hints: nil)
        while let tag = try reader.nextTag() {
            switch tag.field {
            case 1: query.start = Timestamp(milliseconds: try reader.int64(tag))
            case 2: query.end = Timestamp(milliseconds: try reader.int64(tag))
            case 3:
                guard query.matchers.count < Limits.remoteReadMatchersMax else {
                    throw WireError(.overLimit, "a query has more than \(Limits.remoteReadMatchersMax) matchers", offset: reader.offset)
                }
                query.matchers.append(try matcher(reader.message(tag)))
            case 4: query.hints = try hints(reader.message(tag))
            default: try reader.skip(tag)
            }
        }
        return query
    }

    /// LabelMatcher { type = 1, name = 2, value = 3 }
    private static func matcher(_ message: ProtobufReader) throws(WireError) -> Matcher {
        var reader = message
        var type: UInt64 = 0
        var name = ""
        var value = ""
        while let tag = try reader.nextTag() {
            switch tag.field {
            case 1: type = try reader.varint(tag)
            case 2: name = try reader.string(tag)
            case 3: value = try reader.string(tag)
            default: try reader.skip(tag)
            }
        }
        let operators: [Matcher.Operator] = [.equal, .notEqual, .regex, .notRegex]
        guard type < UInt64(operators.count) else { throw WireError("a matcher of the unknown type \(type)", offset: message.offset) }
        do throws(RegularExpression.SyntaxError) {
            return try Matcher(name, operators[Int(type)], value)
        } catch {
            throw WireError("the matcher of \(name) has no valid regular expression: \(error)", offset: message.offset)
        }
    }

    /// ReadHints { step_ms = 1, func = 2, start_ms = 3, end_ms = 4, grouping = 5, by = 6, range_ms = 7 }
    private static func hints(_ message: ProtobufReader) throws(WireError) -> Hints {
        var reader = message
        var hints = Hints()
        while let tag = try reader.nextTag() {
            switch tag.field {
            case 1: hints.stepMilliseconds = try reader.int64(tag)
            case 2: hints.function = try reader.string(tag)
            case 3: hints.start = Timestamp(milliseconds: try reader.int64(tag))
            case 4: hints.end = Timestamp(milliseconds: try reader.int64(tag))
            case 5: hints.grouping.append(try reader.string(tag))
            case 6: hints.isBy = try reader.varint(tag) != 0
            case 7: hints.rangeMilliseconds = try reader.int64(tag)
            default: try reader.skip(tag)
            }
        }
        return hints
    }
}
