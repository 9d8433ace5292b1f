import Foundation

/// Prints a line at once, for output that is read while it grows: `print` holds lines back where the output is no terminal.
func writeLine(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }
