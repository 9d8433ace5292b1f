import PromQL
import Testing

@Suite struct ValueTextTests {
    @Test(arguments: [
        (0.0, "0"), (-0.0, "-0"), (1, "1"), (0.1, "0.1"), (1e21, "1000000000000000000000"), (1.5e-7, "0.00000015"), (-12.5e10, "-125000000000"),
        (.infinity, "+Inf"), (-.infinity, "-Inf"), (.nan, "NaN"), (123_456.789, "123456.789"), (.leastNonzeroMagnitude, "0." + String(repeating: "0", count: 323) + "5"),
    ])
    func numbersAreWrittenWithoutExponent(value: Double, text: String) {
        #expect(ValueText.format(value) == text)
    }
}
