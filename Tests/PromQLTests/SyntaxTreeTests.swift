import PromQL
import Testing

@Suite struct SyntaxTreeTests {
    @Test(arguments: [
        ("foo/bar", #"{"type":"binaryExpr","op":"/","lhs":{"type":"vectorSelector","name":"foo","matchers":[{"name":"__name__","value":"foo","type":"="}],"offset":0,"timestamp":null,"startOrEnd":null,"anchored":false,"smoothed":false},"rhs":{"type":"vectorSelector","name":"bar","matchers":[{"name":"__name__","value":"bar","type":"="}],"offset":0,"timestamp":null,"startOrEnd":null,"anchored":false,"smoothed":false},"matching":{"card":"one-to-one","labels":[],"on":false,"include":[],"fillValues":{"lhs":null,"rhs":null}},"bool":false}"#),
        ("-(1 > bool 2)", #"{"type":"unaryExpr","op":"-","expr":{"type":"parenExpr","expr":{"type":"binaryExpr","op":">","lhs":{"type":"numberLiteral","val":"1"},"rhs":{"type":"numberLiteral","val":"2"},"matching":null,"bool":true}}}"#),
        ("\"a\\\"\\n\"", #"{"type":"stringLiteral","val":"a\"\u000a"}"#),
        ("sum without (x) (rate({a=~\"b\"}[5m] offset -1m @ end()))", #"{"type":"aggregation","op":"sum","expr":{"type":"call","func":{"name":"rate","argTypes":["matrix"],"variadic":0,"returnType":"vector"},"args":[{"type":"matrixSelector","range":300000,"name":"","matchers":[{"name":"a","value":"b","type":"=~"}],"offset":-60000,"timestamp":null,"startOrEnd":"end","anchored":false,"smoothed":false}]},"param":null,"grouping":["x"],"without":true}"#),
        ("x[step():1m] @ 1.5", #"{"type":"subquery","expr":{"type":"vectorSelector","name":"x","matchers":[{"name":"__name__","value":"x","type":"="}],"offset":0,"timestamp":null,"startOrEnd":null,"anchored":false,"smoothed":false},"range":0,"rangeExpr":"step()","offset":0,"step":60000,"timestamp":1500,"startOrEnd":null}"#),
    ])
    func aTreeHasAnObjectForEachNode(query: String, json: String) throws {
        #expect(try PromQLParser.parse(query).syntaxTree.json == json)
    }

    @Test func matchingTellsBothSidesAndWhatFillsThem() throws {
        let json = try PromQLParser.parse("a * on(x, y) group_left(z) fill_right(0.5) b").syntaxTree.json
        #expect(json.contains(#""matching":{"card":"many-to-one","labels":["x","y"],"on":true,"include":["z"],"fillValues":{"lhs":null,"rhs":"0.5"}}"#))
    }
}
