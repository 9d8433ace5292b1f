import Foundation

/// A server's answer to a range query, in a form that can be compared.
enum ComparedAnswer {
    case failure(status: Int, type: String, message: String)
    /// By labels, as `name="value"` in order; each with its points by time in milliseconds.
    case matrix([String: [Int64: Double]])

    init(status: Int, body: [UInt8]) throws {
        guard let object = try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any] else { throw CocoaError(.coderReadCorrupt) }
        guard object["status"] as? String == "success", let data = object["data"] as? [String: Any], let result = data["result"] as? [[String: Any]] else {
            self = .failure(status: status, type: object["errorType"] as? String ?? "", message: object["error"] as? String ?? "")
            return
        }
        var matrix: [String: [Int64: Double]] = [:]
        for series in result {
            let labels = (series["metric"] as? [String: String] ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key)=\"\($0.value)\"" }.joined(separator: ",")
            var points: [Int64: Double] = [:]
            for point in series["values"] as? [[Any]] ?? [] {
                guard point.count == 2, let seconds = point[0] as? Double, let text = point[1] as? String, let value = Double(text) else { throw CocoaError(.coderReadCorrupt) }
                points[Int64((seconds * 1000).rounded())] = value
            }
            matrix[labels] = points
        }
        self = .matrix(matrix)
    }

    var isEmpty: Bool { if case .matrix(let series) = self { series.isEmpty } else { false } }

    /// The first difference in words; nil where values differ by at most `tolerance`, relative to the larger.
    func difference(from other: ComparedAnswer, tolerance: Double) -> String? {
        switch (self, other) {
        case (.failure(let status, let type, _), .failure(let otherStatus, let otherType, _)):
            return status == otherStatus && type == otherType ? nil : "\(status) \(type) where \(otherStatus) \(otherType) is expected"
        case (.failure(let status, _, let message), .matrix): return "it is refused: \(status) \(message)"
        case (.matrix, .failure(let status, _, let message)): return "it isn't refused as expected: \(status) \(message)"
        case (.matrix(let series), .matrix(let expected)): return Self.difference(series, expected, tolerance)
        }
    }

    private static func difference(_ series: [String: [Int64: Double]], _ expected: [String: [Int64: Double]], _ tolerance: Double) -> String? {
        for labels in expected.keys.sorted() where series[labels] == nil { return "the series {\(labels)} is missing" }
        for labels in series.keys.sorted() {
            guard let points = expected[labels] else { return "the series {\(labels)} isn't expected" }
            for moment in Set(points.keys).union(series[labels]!.keys).sorted() {
                switch (series[labels]![moment], points[moment]) {
                case (let value?, let wanted?) where !areClose(value, wanted, tolerance): return "{\(labels)} at \(moment): \(value) where \(wanted) is expected"
                case (nil, let wanted?): return "{\(labels)} at \(moment): nothing where \(wanted) is expected"
                case (let value?, nil): return "{\(labels)} at \(moment): \(value) where nothing is expected"
                default: continue
                }
            }
        }
        return nil
    }

    private static func areClose(_ left: Double, _ right: Double, _ tolerance: Double) -> Bool {
        if left == right || (left.isNaN && right.isNaN) { return true }
        return (left - right).magnitude <= tolerance * max(left.magnitude, right.magnitude)
    }
}
