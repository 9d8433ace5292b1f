/// nginx's combined format, with the seconds that a request took behind it.
enum AccessLines {
    static func next(_ moment: LogMoment, _ choices: inout LogChoices) -> String {
        let (path, bytes) = target(&choices)
        let status = [200, 200, 200, 200, 200, 200, 200, 200, 200, 304, 304, 301, 404, 404, 499, 500, 503][choices.number(17)]
        let referrer = switch choices.number(10) {
        case 0..<4: "https://shop.example\(choices.ranked(pages))"
        case 4..<6: "https://shop.example/products/\(choices.rank(15_000))"
        default: "-"
        }
        return #"\#(choices.client()) - - [\#(moment.day)/\#(moment.month)/\#(moment.year):\#(moment.clock) +0000] "\#(choices.ranked(["GET", "GET", "GET", "POST", "HEAD"])) \#(path) HTTP/\#(choices.ranked(["2.0", "1.1"]))" \#(status) \#(status == 304 ? 0 : bytes) "\#(referrer)" "\#(choices.ranked(agents))" \#(seconds(&choices))"#
    }

    private static func seconds(_ choices: inout LogChoices) -> String {
        let milliseconds = choices.milliseconds(usual: 20)
        return "\(milliseconds / 1000).\(String(1000 + milliseconds % 1000).dropFirst())"
    }

    private static let pages = ["/", "/products", "/cart", "/search", "/checkout", "/account", "/products/shoes", "/products/lamps", "/products/tents", "/help"]

    /// A path, and what the answer weighs: a file always the same, a page about the same.
    private static func target(_ choices: inout LogChoices) -> (path: String, bytes: Int) {
        switch choices.number(10) {
        case 0..<4:
            let number = choices.rank(600)
            return ("/static/\(["css", "js", "img", "font"][number % 4])/\(String(number * 2_654_435 % 16_777_216, radix: 16)).\(["css", "js", "webp", "woff2"][number % 4])", 900 + number * 7919 % 180_000)
        case 4..<7: return ("/products/\(choices.rank(15_000))", 18_000 + choices.rank(900))
        case 7: return ("/search?q=\(choices.ranked(["tent", "lamp", "shoe", "rope", "stove", "jacket", "map"]))+\(choices.rank(2000))&page=\(1 + choices.rank(20))", 9000 + choices.rank(4000))
        case 8: return ("/api/v1/items?page=\(1 + choices.rank(50))&sort=\(choices.ranked(["new", "price", "rank"]))", 4000 + choices.rank(3000))
        default: return (choices.ranked(pages), 12_000 + choices.rank(300))
        }
    }

    private static let systems = ["Windows NT 10.0; Win64; x64", "Macintosh; Intel Mac OS X 10_15_7", "X11; Linux x86_64", "Linux; Android 10; K", "X11; CrOS x86_64 14541.0.0"]

    private static let agents: [String] =
        (0..<8).flatMap { version in systems.map { "Mozilla/5.0 (\($0)) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/\(124 - version).0.0.0 Safari/537.36" } }
        + (0..<6).flatMap { version in systems.prefix(3).map { "Mozilla/5.0 (\($0); rv:\(125 - version).0) Gecko/20100101 Firefox/\(125 - version).0" } }
        + [
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4.1 Mobile/15E148 Safari/604.1",
            "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "kube-probe/1.29", "curl/8.5.0", "Go-http-client/2.0", "python-requests/2.31.0",
        ]
}
