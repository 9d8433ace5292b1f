import HTTPTypes
import Hummingbird
import Wire

extension DocumentShape {
    /// What a request says of its documents, as parameters or headers in the names that VictoriaLogs gave them: `_msg_field`,
    /// `_time_field`, `_stream_fields` and `ignore_fields`, or `VL-Msg-Field` and so on; lists with commas.
    init(_ request: Request) {
        let parameters = RequestParameters(request.uri.query ?? "")
        func list(_ parameter: String, _ header: String) -> [String] {
            let text = parameters[parameter] ?? HTTPField.Name(header).flatMap { request.headers[$0] } ?? ""
            return text.split(separator: ",").map { $0.trimmed }.filter { !$0.isEmpty }
        }
        let messages = list("_msg_field", "VL-Msg-Field")
        self.init(
            messageNames: messages.isEmpty ? DocumentShape.usualMessageNames : messages, timeNames: list("_time_field", "VL-Time-Field"),
            streamNames: list("_stream_fields", "VL-Stream-Fields"), ignoredNames: Set(list("ignore_fields", "VL-Ignore-Fields")))
    }
}

/// `extra_fields=region=eu,team=shop`: labels for all records of a request.
func extraLabels(_ request: Request) -> [(label: String, value: String)] {
    let text = RequestParameters(request.uri.query ?? "")["extra_fields"] ?? HTTPField.Name("VL-Extra-Fields").flatMap { request.headers[$0] } ?? ""
    return text.split(separator: ",").compactMap { pair in
        let parts = pair.split(separator: "=", maxSplits: 1)
        return parts.count == 2 ? (parts[0].trimmed, parts[1].trimmed) : nil
    }
}

extension Substring {
    fileprivate var trimmed: String { String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()) }
}
