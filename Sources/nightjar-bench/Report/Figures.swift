import Foundation

/// One line of a benchmark's figures.
func row(_ what: String, _ figure: String) { print(what.padding(toLength: 56, withPad: " ", startingAt: 0), figure) }

func perSecond(_ count: Int, _ seconds: Double) -> String {
    let rate = Double(count) / max(seconds, 1e-9)
    return rate >= 1e6 ? decimal(rate / 1e6, 2) + " M" : decimal(rate / 1e3, 0) + " k"
}

func percent(_ part: Double) -> String { decimal(part * 100, 1) + " %" }

func decimal(_ value: Double, _ digits: Int) -> String { value.isNaN ? "unknown" : String(format: "%.\(digits)f", value) }

func mebibytes(_ bytes: Int) -> String { decimal(Double(bytes) / 1_048_576, 0) + " MiB" }
