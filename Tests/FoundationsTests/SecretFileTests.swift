import Foundations
import Glibc
import TestSupport
import Testing

private func secretFile(_ text: String, mode: mode_t) throws -> (TemporaryDirectory, String) {
    let directory = TemporaryDirectory("secret")
    let path = directory.path("token")
    try RealFileSystem().replace(path, with: Array(text.utf8))
    #expect(chmod(path, mode) == 0)
    return (directory, path)
}

@Test func theFirstLineIsTheSecret() throws {
    let (directory, path) = try secretFile("  nj_abc \nremark\n", mode: 0o600)
    #expect(try SecretFile.read(path).reveal() == "nj_abc")
    withExtendedLifetime(directory) {}
}

@Test(arguments: [(mode_t(0o644), SecretFile.Readers.owner), (0o640, .owner), (0o604, .ownerAndGroup)])
func aFileThatOthersCanReadIsRefused(_ mode: mode_t, _ readers: SecretFile.Readers) throws {
    let (directory, path) = try secretFile("nj_abc\n", mode: mode)
    #expect(throws: SecretFileError.self) { try SecretFile.read(path, readers: readers) }
    withExtendedLifetime(directory) {}
}

@Test(arguments: ["", "\n", " \nlater", "a\u{1B}[2J\n"])
func aFileWithoutAPlainFirstLineIsRefusedWithoutShowingIt(_ text: String) throws {
    let (directory, path) = try secretFile(text, mode: 0o600)
    let error = #expect(throws: SecretFileError.self) { try SecretFile.read(path) }
    #expect(error?.description.contains("\u{1B}") == false && error?.description.contains(path) == true)
    withExtendedLifetime(directory) {}
}
