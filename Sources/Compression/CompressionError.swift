/// A compressed body couldn't be undone.
public enum CompressionError: Error, Equatable, CustomStringConvertible, Sendable {
    /// The bytes aren't what their format says. `offset` is the first byte of the compressed body that wasn't understood.
    case corrupt(format: String, offset: Int, reason: String)
    /// It would be longer than `bytesMax` once decompressed.
    case tooLarge(bytesMax: Int)

    public var description: String {
        switch self {
        case .corrupt(let format, let offset, let reason): "the \(format) body is corrupt at byte \(offset): \(reason)"
        case .tooLarge(let bytesMax): "the body is larger than \(bytesMax) bytes once decompressed; send smaller ones"
        }
    }
}
