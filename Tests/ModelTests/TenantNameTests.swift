import Model
import Testing

@Test(arguments: ["shop", "a", "0", "team-1_eu", String(repeating: "a", count: 64), "default"])
func aTenantsNameIsTakenAsItIs(text: String) { #expect(TenantName(text)?.description == text) }

@Test(arguments: ["", "-a", "_a", ".", "..", "a/b", "../a", "A", "a b", "a\n", "a|b", "a,b", "é", "*", String(repeating: "a", count: 65)])
func whatIsUnsafeAsAFolderIsNoTenantsName(text: String) { #expect(TenantName(text) == nil) }
