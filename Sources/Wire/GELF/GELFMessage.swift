import Compression
import Foundations
import Model

/// A message of the Graylog Extended Log Format (GELF 1.1): a JSON object, plain or compressed with gzip or zlib.
///
/// `short_message` is the line, `full_message` behind it where it says more; `timestamp` (seconds, with a fraction) the time, `level` a
/// syslog severity, `host` the label `instance`. Additional fields lose the underscore in front.
public enum GELFMessage {
    /// `bytesMax` bounds the message once decompressed.
    public static func decode(
        _ bytes: UnsafeRawBufferPointer, bytesMax: Int, limits: WireLimits = WireLimits(), receivedAt: NanoTimestamp
    ) throws(WireError) -> LogRecord {
        let inflated = try inflate(bytes, bytesMax: bytesMax)
        if let inflated {
            var result: Result<LogRecord, WireError>?
            inflated.withUnsafeBytes { inflated in
                do throws(WireError) { result = .success(try record(inflated, limits, receivedAt)) } catch { result = .failure(error) }
            }
            return try result!.get()
        }
        return try record(bytes, limits, receivedAt)
    }

    /// Nil where it isn't compressed.
    private static func inflate(_ bytes: UnsafeRawBufferPointer, bytesMax: Int) throws(WireError) -> [UInt8]? {
        guard bytes.count > 2 else { throw WireError("a message of \(bytes.count) bytes is no GELF", offset: 0) }
        let encoding: ContentEncoding
        if bytes[0] == 0x1F, bytes[1] == 0x8B {
            encoding = .gzip
        } else if bytes[0] & 0x0F == 8, (Int(bytes[0]) << 8 | Int(bytes[1])) % 31 == 0 {
            encoding = .deflate  // zlib's header: a method of 8 and a check of 31
        } else {
            return nil
        }
        do throws(CompressionError) {
            return try encoding.decode(bytes, bytesMax: bytesMax)
        } catch {
            throw WireError(error == .tooLarge(bytesMax: bytesMax) ? .overLimit : .malformed, error.description, offset: 0)
        }
    }

    private static func record(_ bytes: UnsafeRawBufferPointer, _ limits: WireLimits, _ receivedAt: NanoTimestamp) throws(WireError) -> LogRecord {
        var end = bytes.count
        while end > 0, bytes[end - 1] == 0 || bytes[end - 1] == 0x0A { end -= 1 }
        let document = UnsafeRawBufferPointer(rebasing: bytes[..<end])
        guard let found = JSONDocument.fields(document) else { throw WireError("a GELF message is a JSON object", offset: 0) }
        var (short, full, host) = ("", "", "")
        var fields: [LogField] = []
        for var field in found {
            switch field.name {
            case "version": continue
            case "short_message": short = field.value.description
            case "full_message": full = field.value.description
            case "host": host = field.value.description
            default:
                // `_level` is the sender's own word, and must not be taken for the severity.
                if field.name.utf8.first == UInt8(ascii: "_"), field.name != "_id", field.name.utf8.count > 1, field.name != "_level" {
                    field.name.removeFirst()
                }
                fields.append(field)
            }
        }
        guard !short.isEmpty || !full.isEmpty else { throw WireError("a GELF message has neither short_message nor full_message", offset: 0) }
        let line = full.isEmpty ? short : full.hasPrefix(short) ? full : short + "\n" + full
        var maker = DocumentRecord(
            DocumentShape(messageNames: [], timeNames: ["timestamp"], streamNames: ["facility"]), limits: limits, receivedAt: receivedAt)
        return try maker.make(fields, document: line, defaults: [("instance", host), ("job", "gelf")].filter { !$0.value.isEmpty })
    }
}
