import Foundation

/// One line of a benchmark's figures.
func row(_ what: String, _ figure: String) { print(what.padding(toLength: 56, withPad: " ", startingAt: 0), figure) }

func percent(_ part: Double) -> String { decimal(part * 100, 1) + " %" }

func decimal(_ value: Double, _ digits: Int) -> String { value.isNaN ? "unknown" : String(format: "%.\(digits)f", value) }

func mebibytes(_ bytes: Int) -> String { decimal(Double(bytes) / 1_048_576, 0) + " MiB" }
