/// Where benchmarks keep what they make: bodies, scrapes, the servers' data.
enum WorkFolder {
    static let pathDefault = ".build/bench"
}
