/// How numbers of a unit are scaled and what stands beside them; by the names that Grafana's files use.
public struct Unit: Hashable, Sendable {
    enum Scale: Hashable, Sendable {
        /// Written as it is.
        case plain
        /// Divided by 1000 or 1024 into the next prefix, beginning with a prefix (`kbytes` begins at 1).
        case prefixes(base: Double, names: [String], start: Int, symbol: String)
        /// Multiplied first: 0.97 of `percentunit` is 97 %.
        case factor(Double)
        /// Seconds, milliseconds and the like: how many seconds one is.
        case duration(seconds: Double)
        /// As `2d 03:04:05`; how many seconds one is.
        case clock(seconds: Double)
        /// A moment: milliseconds since 1970.
        case date(Date)
        case hexadecimal, scientific, grouped, text
        case flag(on: String, off: String)
    }

    enum Date: Hashable, Sendable { case dateTime, date, time, age }

    public let name: String
    let scale: Scale
    let prefix: String
    let suffix: String
    /// Whether the name is one that is known; others are written as a suffix, as Grafana does.
    public let isKnown: Bool

    /// Any name is a unit: what isn't known stands behind the number.
    public init(_ name: String?) {
        let name = name ?? "none"
        self.name = name
        if let unit = Self.table[name] {
            (scale, prefix, suffix, isKnown) = (unit.scale, unit.prefix, unit.suffix, true)
        } else if let custom = Self.custom(name) {
            (scale, prefix, suffix, isKnown) = (custom.scale, custom.prefix, custom.suffix, true)
        } else {
            (scale, prefix, suffix, isKnown) = (.plain, "", name.isEmpty ? "" : " " + name, name.isEmpty)
        }
    }

    private struct Entry { var scale: Scale; var prefix = ""; var suffix = "" }

    /// `suffix:req`, `prefix:€`, `si:mm`, `time:HH:mm`, `count:items`, `currency:XYZ`.
    private static func custom(_ name: String) -> Entry? {
        guard let colon = name.firstIndex(of: ":") else { return nil }
        let rest = String(name[name.index(after: colon)...])
        switch name[..<colon] {
        case "suffix": return Entry(scale: .plain, suffix: rest)
        case "prefix", "currency": return Entry(scale: .plain, prefix: rest)
        case "si": return Entry(scale: .prefixes(base: 1000, names: si, start: 0, symbol: rest))
        case "count": return Entry(scale: .prefixes(base: 1000, names: shortNames, start: 0, symbol: rest))
        case "time": return Entry(scale: .date(.dateTime))
        case "bool": 
            let words = rest.split(separator: "/").map(String.init)
            return words.count == 2 ? Entry(scale: .flag(on: words[0], off: words[1])) : nil
        default: return nil
        }
    }

    private static let si = ["", "k", "M", "G", "T", "P", "E", "Z"]
    private static let iec = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi"]
    private static let shortNames = ["", " K", " Mil", " Bil", " Tri", " Quadr", " Quint"]

    private static let table: [String: Entry] = {
        var table: [String: Entry] = [
            "none": Entry(scale: .plain), "": Entry(scale: .plain), "string": Entry(scale: .text), "locale": Entry(scale: .grouped),
            "short": Entry(scale: .prefixes(base: 1000, names: shortNames, start: 0, symbol: "")),
            "sishort": Entry(scale: .prefixes(base: 1000, names: si.map { $0.isEmpty ? "" : " " + $0 }, start: 0, symbol: "")),
            "percent": Entry(scale: .plain, suffix: "%"), "percentunit": Entry(scale: .factor(100), suffix: "%"),
            "humidity": Entry(scale: .plain, suffix: " %H"), "dB": Entry(scale: .plain, suffix: " dB"), "dBm": Entry(scale: .plain, suffix: " dBm"),
            "hex0x": Entry(scale: .hexadecimal, prefix: "0x"), "hex": Entry(scale: .hexadecimal), "sci": Entry(scale: .scientific),
            "ppm": Entry(scale: .plain, suffix: " ppm"), "celsius": Entry(scale: .plain, suffix: " °C"), "farenheit": Entry(scale: .plain, suffix: " °F"),
            "fahrenheit": Entry(scale: .plain, suffix: " °F"), "kelvin": Entry(scale: .plain, suffix: " K"), "degree": Entry(scale: .plain, suffix: "°"),
            "rotrpm": Entry(scale: .plain, suffix: " rpm"), "pressurehpa": Entry(scale: .plain, suffix: " hPa"), "pressurembar": Entry(scale: .plain, suffix: " mbar"),
            "dtdurations": Entry(scale: .clock(seconds: 1)), "dtdurationms": Entry(scale: .clock(seconds: 0.001)), "clocks": Entry(scale: .clock(seconds: 1)),
            "clockms": Entry(scale: .clock(seconds: 0.001)), "dthms": Entry(scale: .clock(seconds: 1)), "timeticks": Entry(scale: .duration(seconds: 0.01)),
            "dateTimeAsIso": Entry(scale: .date(.dateTime)), "dateTimeAsIsoNoDateIfToday": Entry(scale: .date(.time)), "dateTimeAsUS": Entry(scale: .date(.dateTime)),
            "dateTimeAsUSNoDateIfToday": Entry(scale: .date(.time)), "dateTimeAsLocal": Entry(scale: .date(.dateTime)),
            "dateTimeAsLocalNoDateIfToday": Entry(scale: .date(.time)), "dateTimeAsSystem": Entry(scale: .date(.dateTime)), "dateTimeFromNow": Entry(scale: .date(.age)),
            "bool": Entry(scale: .flag(on: "True", off: "False")), "bool_yes_no": Entry(scale: .flag(on: "Yes", off: "No")),
            "bool_on_off": Entry(scale: .flag(on: "On", off: "Off")), "currencyUSD": Entry(scale: .plain, prefix: "$"),
            "currencyEUR": Entry(scale: .plain, prefix: "€"), "currencyGBP": Entry(scale: .plain, prefix: "£"),
        ]
        func prefixed(_ name: String, _ base: Double, _ symbol: String, start: Int = 0) {
            let names = (base == 1024 ? iec : si).map { " " + $0 }
            table[name] = Entry(scale: .prefixes(base: base, names: names, start: start, symbol: symbol))
        }
        let powers = [("", 0), ("k", 1), ("m", 2), ("g", 3), ("t", 4), ("p", 5)]
        for (letter, start) in powers {
            prefixed(letter + "bytes", 1024, "B", start: start)
            prefixed("dec" + letter + "bytes", 1000, "B", start: start)
            prefixed("dec" + letter + "bits", 1000, "b", start: start)
        }
        prefixed("bits", 1024, "b")
        prefixed("Bps", 1000, "B/s"); prefixed("binBps", 1024, "B/s"); prefixed("bps", 1000, "b/s"); prefixed("binbps", 1024, "b/s")
        for (index, letter) in ["K", "M", "G", "T", "P"].enumerated() {
            prefixed(letter + "Bs", 1000, "B/s", start: index + 1); prefixed(letter + "iBs", 1024, "B/s", start: index + 1)
            prefixed(letter + "bits", 1000, "b/s", start: index + 1); prefixed(letter + "ibits", 1024, "b/s", start: index + 1)
        }
        for (name, symbol) in [("hertz", "Hz"), ("watt", "W"), ("volt", "V"), ("amp", "A"), ("joule", "J"), ("watth", "Wh"), ("ohm", "Ω"), ("lengthm", "m"), ("voltamp", "VA"), ("pps", "p/s"), ("eVs", "eV")] {
            prefixed(name, 1000, symbol)
        }
        prefixed("kwatt", 1000, "W", start: 1); prefixed("mwatt", 1000, "mW"); prefixed("kwatth", 1000, "Wh", start: 1); prefixed("rothz", 1000, "Hz")
        for (name, symbol) in [("cps", "c/s"), ("ops", "ops/s"), ("reqps", "req/s"), ("rps", "rd/s"), ("wps", "wr/s"), ("iops", "io/s"), ("eps", "evt/s"), ("mps", "msg/s"), ("recps", "rec/s"), ("rowsps", "rows/s"), ("cpm", "c/m"), ("opm", "ops/m"), ("reqpm", "req/m"), ("rpm", "rd/m"), ("wpm", "wr/m")] {
            table[name] = Entry(scale: .prefixes(base: 1000, names: ["", " K", " M", " B"], start: 0, symbol: " " + symbol))
        }
        for (name, seconds) in [("ns", 1e-9), ("µs", 1e-6), ("us", 1e-6), ("ms", 1e-3), ("s", 1), ("m", 60), ("h", 3600), ("d", 86_400)] {
            table[name] = Entry(scale: .duration(seconds: seconds))
        }
        return table
    }()
}
