/// The product's version, as `--version`, the build information and the agent's headers give it.
enum Version {
    static let text = "0.1.0"
}
