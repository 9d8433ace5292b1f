import HTTPTypes
import Hummingbird

/// What lets web pages of other sites read answers (the Fetch standard), as Prometheus has it.
///
/// Only where tokens are asked for: a page then needs one to get anything. Without tokens requests of foreign pages are refused.
enum CrossOrigin {
    static func addHeaders(to response: inout Response, for request: Request) {
        guard request.headers[.origin] != nil else { return }
        response.headers[.accessControlAllowOrigin] = "*"
        response.headers[.accessControlAllowHeaders] = "Accept, Authorization, Content-Type, Origin"
        response.headers[.accessControlAllowMethods] = "GET, POST, OPTIONS"
        response.headers[.accessControlExposeHeaders] = "Date"
        response.headers.appendVary("Origin")
    }
}
