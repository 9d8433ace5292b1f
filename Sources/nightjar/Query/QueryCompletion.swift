import ArgumentParser
import Foundation
import Foundations
import Model

/// What the shell offers while a PromQL expression is typed: metrics, labels, and values of labels, as the collector has them.
///
/// Silent where the collector isn't there or takes too long: a shell shows nothing rather than an error.
enum QueryCompletion {
    /// A person waits for it.
    private static let waitSecondsMax = 1.0
    /// More than a shell can show.
    private static let candidatesMax = 500

    /// Whole words for the shell: what was typed, with its last name completed.
    @Sendable static func candidates(_ arguments: [String], _ index: Int, _ typed: String) async -> [String] {
        guard let place = Place(typed), let connection = connection(arguments) else { return [] }
        do {
            let names: [String] = try await connection.decode([String].self, place.path, place.parameters(limit: candidatesMax))
            return names.filter { $0.hasPrefix(place.started) && place.takes($0) }.map { literal(place.before + $0 + place.after) }
        } catch {
            return []
        }
    }

    /// A candidate as the shell that asks takes it for just these characters.
    ///
    /// Bash's `compgen` expands words as a command line is expanded, command substitution included: what was typed and what comes from
    /// the collector must not run. It matches them against the word behind the quote that was begun; others keep the quote.
    static func literal(_ candidate: String) -> String {
        guard CompletionShell.requesting == .bash else { return candidate }
        let text = candidate.first == "'" || candidate.first == "\"" ? candidate.dropFirst() : candidate[...]
        return text.map { $0.isASCII && ($0.isLetter || $0.isNumber || "_.,:@%+-=/".contains($0)) ? String($0) : "\\\($0)" }.joined()
    }

    /// The collector that the command line names so far.
    static func connection(_ arguments: [String]) -> CollectorConnection? {
        func value(of flag: String) -> String? {
            if let joined = arguments.last(where: { $0.hasPrefix(flag + "=") }) { return String(joined.dropFirst(flag.count + 1)) }
            guard let place = arguments.lastIndex(of: flag), place + 1 < arguments.count else { return nil }
            return arguments[place + 1]
        }
        return try? CollectorConnection(
            url: value(of: "--url") ?? ConnectionFlags.urlDefault, tokenFile: value(of: "--token-file"), authorityFile: value(of: "--ca-file"),
            tenant: value(of: "--tenant").flatMap { TenantName($0) }, answerSecondsMax: waitSecondsMax)
    }

    /// Where in an expression the cursor stands.
    struct Place: Equatable {
        enum Wanted: Equatable {
            case metric
            /// Of the metric, where it is known.
            case label(metric: String)
            case value(label: String, metric: String)
        }

        let wanted: Wanted
        /// What was typed before the name, the name as far as it was typed, and what closes it.
        let before: String
        let started: String
        let after: String

        /// Nil where no name can follow, such as within a number.
        init?(_ typed: String) {
            var braces: (metric: String, start: String.Index)?
            var quote: (character: Character, start: String.Index)?
            var index = typed.startIndex
            // A shell hands over the quote that the expression itself was begun with.
            if let first = typed.first, first == "'" || first == "\"" { index = typed.index(after: index) }
            while index < typed.endIndex {
                let character = typed[index]
                if let open = quote {
                    if character == open.character { quote = nil }
                } else if character == "\"" || character == "'" {
                    quote = (character, typed.index(after: index))
                } else if character == "{" {
                    braces = (Self.name(endingAt: index, in: typed), index)
                } else if character == "}" {
                    braces = nil
                }
                index = typed.index(after: index)
            }
            if let quote {
                guard let braces, let label = Self.label(before: quote.start, in: typed) else { return nil }
                wanted = .value(label: label, metric: braces.metric)
                (before, started, after) = (String(typed[..<quote.start]), String(typed[quote.start...]), String(quote.character))
                return
            }
            let name = Self.name(endingAt: typed.endIndex, in: typed)
            if let first = name.first, first.isNumber { return nil }
            if let braces, typed[braces.start...].contains(where: { $0 == "=" }), let last = typed.last(where: { $0 == "," || $0 == "=" || $0 == "~" }), last != ",", name.isEmpty {
                return nil
            }
            wanted = braces.map { .label(metric: $0.metric) } ?? .metric
            (before, started, after) = (String(typed.dropLast(name.count)), name, braces == nil ? "" : "=")
        }

        private static func name(endingAt end: String.Index, in text: String) -> String {
            String(text[..<end].reversed().prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == ":") }.reversed())
        }

        /// The label whose value begins at `start`: the name before `=`, `!=`, `=~` or `!~` and a quote.
        private static func label(before start: String.Index, in text: String) -> String? {
            var rest = text[..<start].dropLast()
            while let last = rest.last, "=~! ".contains(last) { rest = rest.dropLast() }
            let name = name(endingAt: rest.endIndex, in: text)
            return name.isEmpty ? nil : name
        }

        var path: String {
            switch wanted {
            case .metric: "/api/v1/label/\(LabelName.metricName)/values"
            case .label: "/api/v1/labels"
            case .value(let label, _): "/api/v1/label/\(label)/values"
            }
        }

        func parameters(limit: Int) -> [(String, String)] {
            let selector: String =
                switch wanted {
                case .metric: started.isEmpty ? "" : "{__name__=~\"\(started).*\"}"
                case .label(let metric), .value(_, let metric): metric
                }
            return (selector.isEmpty ? [] : [("match[]", selector)]) + [("limit", String(limit))]
        }

        /// Names that would need quotes aren't offered: the quote would have to come before what was typed. Nor are values with
        /// characters that mean something to a shell within quotes.
        func takes(_ name: String) -> Bool {
            switch wanted {
            case .metric: LabelName.isLegacyMetricName(name)
            case .label: LabelName.isLegacy(name) && name != LabelName.metricName
            case .value: name.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F && ![0x22, 0x27, 0x5C, 0x60, 0x24].contains($0) }
            }
        }
    }
}
